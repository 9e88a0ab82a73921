import type { UseInfiniteQueryResult } from '@tanstack/react-query'

import { Button } from './Button.tsx'
import { givesFocusOn } from './focus.ts'
import { TryAgain } from './State.tsx'

interface LoadMoreProps {
  of: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'isFetchNextPageError' | 'fetchNextPage'>
  /** What it loads, for the message if that fails. */
  what: string
  /** The label of the button. */
  name: string
  className?: string
}

/** A button that loads more of a list, as long as there is more. */
export function LoadMore({ of, what, name, className }: LoadMoreProps) {
  const load = () => void of.fetchNextPage()
  if (!of.hasNextPage) return null
  if (of.isFetchNextPageError && !of.isFetchingNextPage) return <TryAgain what={what} retry={load} />
  return (
    <Button ref={givesFocusOn} {...(className && { className })} busy={of.isFetchingNextPage} onClick={load}>
      {name}
    </Button>
  )
}
