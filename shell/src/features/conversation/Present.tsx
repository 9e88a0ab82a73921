import { useEffect } from 'react'

import { useDraft } from '#live/context.ts'
import { usePresent } from '#live/presence.ts'
import { tellHere, tellLeft } from '#live/telling.ts'
import { Avatar } from '#ui/Avatar.tsx'

const MOST = 3

/** Shows who else is looking at the conversation, and tells others that this person is. */
export function Present({ conversationId }: { conversationId: string }) {
  const others = usePresent(conversationId)
  const replies = useDraft(conversationId, 'reply').trim() !== ''
  useEffect(() => tellHere(conversationId, replies ? 'replying' : 'viewing'), [conversationId, replies])
  useEffect(() => {
    const left = () => tellLeft(conversationId)
    window.addEventListener('pagehide', left)
    return () => {
      window.removeEventListener('pagehide', left)
      left()
    }
  }, [conversationId])

  if (others.length === 0) return null
  return (
    <ul aria-label="Also here" className="flex shrink-0 items-center -space-x-1.5">
      {others.slice(0, MOST).map(({ id, name, replies: writes }) => {
        const words = `${name ?? 'A colleague'} is ${writes ? 'replying' : 'viewing'}`
        return (
          <li key={id} title={words} className={writes ? 'rounded-full ring-2 ring-accent' : 'rounded-full ring-2 ring-surface'}>
            <Avatar name={name ?? '?'} seed={id} size="small" />
            <span className="sr-only">{words}</span>
          </li>
        )
      })}
      {others.length > MOST && <li className="pl-2.5 text-xs text-soft">+{others.length - MOST}</li>}
    </ul>
  )
}
