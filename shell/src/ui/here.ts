import { useCallback, useEffect, useRef } from 'react'

/** Tells, when an answer comes, whether what asked for it is still on the screen: it may be closed by then. */
export function useHere(): () => boolean {
  const here = useRef(false)
  useEffect(() => {
    here.current = true
    return () => {
      here.current = false
    }
  }, [])
  return useCallback(() => here.current, [])
}
