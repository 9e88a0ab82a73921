import { useRouter } from '@tanstack/react-router'
import type { MouseEvent, ReactNode } from 'react'

import type { View } from './view.ts'

/** How long the pointer has to rest on a row before the conversation is loaded. Milliseconds. */
const RESTS = 50

let resting: ReturnType<typeof setTimeout> | undefined

interface RowLinkProps {
  id: string
  /** The query of the address, which holds the view. */
  search: string
  open: boolean
  className: string
  children: ReactNode
}

/**
 * A link to a conversation, within the list's view. The router's own links compute their address on every navigation,
 * which is too slow for many rows; this one does when it is used.
 */
export function RowLink({ id, search, open, className, children }: RowLinkProps) {
  const router = useRouter()
  const place = { to: '/inbox/$id', params: { id }, search: (view: View) => view } as const
  const rest = () => {
    clearTimeout(resting)
    resting = setTimeout(() => void router.preloadRoute(place).catch(() => undefined), RESTS)
  }
  const leave = () => clearTimeout(resting)
  const go = (event: MouseEvent) => {
    const { button, metaKey, ctrlKey, shiftKey, altKey } = event
    if (button !== 0 || metaKey || ctrlKey || shiftKey || altKey) return
    event.preventDefault()
    void router.navigate(place)
  }
  return (
    <a
      href={`${import.meta.env.BASE_URL}inbox/${id}${search}`}
      aria-current={open ? 'true' : undefined}
      onClick={go}
      onPointerEnter={rest}
      onPointerLeave={leave}
      onFocus={rest}
      onBlur={leave}
      onTouchStart={rest}
      className={className}
    >
      {children}
    </a>
  )
}
