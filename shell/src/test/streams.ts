import { vi } from 'vitest'

/** A server whose streams the test controls; it serves nothing else. */
export function server() {
  const requests: { headers: Headers; send: (text: string) => void; end: () => void; aborted: () => boolean }[] = []
  const answer = (asked: string | URL | Request, given?: RequestInit) => {
    if (asked instanceof Request) return Promise.resolve(Response.json({ data: [], page: { limit: 100 } }))
    const init = given as { headers: Headers; signal: AbortSignal }
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array>({ start: (one) => void (controller = one) })
    init.signal.addEventListener('abort', () => controller?.error(new DOMException('', 'AbortError')))
    requests.push({
      headers: init.headers,
      send: (text) => controller?.enqueue(new TextEncoder().encode(text)),
      end: () => controller?.close(),
      aborted: () => init.signal.aborted,
    })
    return Promise.resolve(new Response(body))
  }
  vi.spyOn(globalThis, 'fetch').mockImplementation(answer)
  return requests
}
