import { useState } from 'react'

import { Quoted } from './Quoted.tsx'

/** Full-width punctuation of Chinese and Japanese, which ends a link without a space after it. */
const WIDE = '\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65'
const LINK = new RegExp(`https?://[^\\s<>"'${WIDE}]+[^\\s<>"'.,;:!?)\\]\u060c\u061b\u061f${WIDE}]`, 'g')
/** The start of the quoted part of a mail. */
const QUOTE = /(?<!\n)\n+(?:On .{5,120} wrote:\s*\n|-{2,} ?Original Message ?-{2,}|(?:>.*(?:\n|$)){2,})/

/** Plain text in which links can be followed; nothing else is interpreted. */
function Linked({ text }: { text: string }) {
  const parts = []
  let from = 0
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(from, match.index))
    parts.push(
      <a
        key={match.index}
        href={match[0]}
        target="_blank"
        rel="noopener noreferrer"
        className="underline decoration-1 underline-offset-2 hover:decoration-2"
      >
        {match[0]}
      </a>,
    )
    from = match.index + match[0].length
  }
  parts.push(text.slice(from))
  return <>{parts}</>
}

export function Text({ text, mail }: { text: string; mail: boolean }) {
  const [open, setOpen] = useState(false)
  const quote = mail ? text.search(QUOTE) : -1
  return (
    <div className="wrap-anywhere whitespace-pre-wrap" dir="auto">
      <Linked text={quote > 0 ? text.slice(0, quote) : text} />
      {quote > 0 && (
        <>
          <Quoted shown={open} onChange={setOpen} className="mt-1 h-4.5 px-1.5" />
          {open && (
            <div className="mt-1 border-l-2 border-line-strong pl-2 text-soft">
              <Linked text={text.slice(quote).trim()} />
            </div>
          )}
        </>
      )}
    </div>
  )
}
