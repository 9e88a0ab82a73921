import { useRouter } from '@tanstack/react-router'
import type { MouseEvent, ReactNode } from 'react'

import type { View } from './view.ts'

/** So long somebody rests on a row before what it leads to is read. Milliseconds. */
const RESTS = 50

let resting: ReturnType<typeof setTimeout> | undefined

interface RowLinkProps {
  id: string
  /** The view it is seen in, as addresses say it. */
  search: string
  open: boolean
  className: string
  children: ReactNode
}

/**
 * Leads to a conversation, within the view that the list has. A link of the router's own works out its
 * address whenever anybody goes anywhere, which many rows at once do not bear: this one does when it is used.
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
