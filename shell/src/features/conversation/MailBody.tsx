import { Image } from 'lucide-react'
import { useLayoutEffect, useMemo, useRef, useState } from 'react'

import { Button } from '#ui/Button.tsx'

import { clean } from './clean.ts'
import type { Mail } from './mail.ts'
import { Quoted } from './Quoted.tsx'

/** Keeps a mail's styles in and ours out. The background is white, because mails do not know dark themes. */
const PAPER = `
  :host { display: block; color-scheme: light; background: #fff; color: #1c1f26; border-radius: 8px; padding: 10px 12px;
    max-width: 100%; overflow-x: auto; overflow-wrap: anywhere; contain: content; font: inherit; }
  img { max-width: 100%; height: auto; }
  table { max-width: 100%; }
  a { color: #1a4fb4; }
  p:first-child { margin-top: 0; } p:last-child { margin-bottom: 0; }
  pre { white-space: pre-wrap; }
  :host(:not([data-whole])) [data-quoted] { display: none; }
  [data-quoted] { border-inline-start: 2px solid #c5cad3; margin: 8px 0 0; padding-inline-start: 10px; color: #50565f; }
`

/** A mail with its layout. Remote pictures would tell the sender that it was read, so they load only on request. */
export default function MailBody({ mail }: { mail: Mail }) {
  const place = useRef<HTMLDivElement>(null)
  const [pictures, setPictures] = useState(false)
  const [whole, setWhole] = useState(false)
  const cleaned = useMemo(() => clean(mail.html, pictures), [mail.html, pictures])
  useLayoutEffect(() => {
    const host = place.current
    if (!host) return
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
    const style = document.createElement('style')
    style.textContent = PAPER
    // The host's own `auto` would not look at what is in here.
    const text = document.createElement('div')
    text.dir = 'auto'
    text.append(cleaned.body.cloneNode(true))
    root.replaceChildren(style, text)
  }, [cleaned])
  return (
    <div className="min-w-0">
      {mail.subject && (
        <p className="mb-1.5 font-medium wrap-anywhere" dir="auto">
          {mail.subject}
        </p>
      )}
      {cleaned.remote > 0 && !pictures && (
        <p className="mb-1.5 flex flex-wrap items-center gap-2 text-xs text-soft">
          <Image aria-hidden className="size-3.5" />
          {cleaned.remote === 1 ? 'A picture is' : `${cleaned.remote} pictures are`} not loaded, as that would tell the sender that you opened it
          <Button className="h-6 px-2 text-xs" onClick={() => setPictures(true)}>
            Load {cleaned.remote === 1 ? 'it' : 'them'}
          </Button>
        </p>
      )}
      <div ref={place} data-whole={whole ? '' : undefined} data-mail />
      {cleaned.quoted && <Quoted shown={whole} onChange={setWhole} className="mt-1.5 h-6 px-2" />}
    </div>
  )
}
