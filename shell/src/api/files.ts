/**
 * Files of messages. They are read as blobs, because an address alone carries no token, and sent with progress, which
 * `fetch` does not report.
 */
import { answerOf, asking, authorised, client } from './client.ts'
import { Failure } from './failure.ts'
import { API_ORIGIN } from './origin.ts'
import type { CreateMessage, Message } from './types.ts'

/** How long reading a file may take on a slow line. Milliseconds. */
const LONGEST = 10 * 60_000
/** An upload without progress for this long is aborted, and tried again. Milliseconds. */
const STALLED = 2 * 60_000

export async function readFile(id: string, thumb: boolean, signal: AbortSignal): Promise<Blob> {
  const query = thumb ? { thumb } : {}
  // The description says bytes; `parseAs` makes it a blob.
  const bytes: unknown = await answerOf(
    client.GET('/api/v1/attachments/{id}', { params: { path: { id }, query }, parseAs: 'blob', signal, fetch: asking(LONGEST) }),
  )
  return bytes as Blob
}

export interface Sending {
  /** The share that has been sent, from 0 to 1. */
  progress: (share: number) => void
  signal: AbortSignal
  header: Readonly<Record<string, string>>
}

/** Sends a message with files. */
export async function sendWithFiles(
  conversationId: string,
  message: Pick<CreateMessage, 'content' | 'private' | 'clientId'>,
  files: readonly File[],
  sending: Sending,
): Promise<Message> {
  const form = new FormData()
  form.set('content', message.content)
  form.set('private', String(message.private ?? false))
  if (message.clientId) form.set('clientId', message.clientId)
  for (const file of files) form.append('attachments[]', file, file.name)
  const path = `/api/v1/conversations/${encodeURIComponent(conversationId)}/messages`
  return messageOf(await authorised((token) => send(path, form, token, sending)))
}

interface Answer {
  status: number
  body: unknown
  retryAfter: string | null
}

function send(path: string, form: FormData, token: string, { progress, signal, header }: Sending): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stopped = () => reject(new Failure(0, { code: 'stopped', detail: 'the upload was stopped' }))
    // Aborted while it waited for its token.
    if (signal.aborted) {
      stopped()
      return
    }
    const request = new XMLHttpRequest()
    request.open('POST', API_ORIGIN + path)
    request.setRequestHeader('authorization', `Bearer ${token}`)
    for (const [name, value] of Object.entries(header)) request.setRequestHeader(name, value)
    request.responseType = 'json'
    const begun = Date.now()
    // A timeout counts from the start of the request.
    const goOn = () => (request.timeout = Date.now() - begun + STALLED)
    goOn()
    request.upload.onprogress = ({ loaded, total }) => {
      goOn()
      progress(total > 0 ? loaded / total : 0)
    }
    request.onload = () =>
      resolve({ status: request.status, body: request.response, retryAfter: request.getResponseHeader('retry-after') })
    request.onerror = request.ontimeout = () => reject(new Failure(0, {}))
    request.onabort = stopped
    signal.addEventListener('abort', () => request.abort())
    request.send(form)
  })
}

function messageOf({ status, body, retryAfter }: Answer): Message {
  if (status >= 200 && status < 300 && body !== null) return body as Message
  throw Failure.answered(status, body, retryAfter)
}
