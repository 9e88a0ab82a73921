import { useCallback, useEffect, useRef } from 'react'

/** Tells, when an answer comes, whether what asked for it is still on the screen: it may be closed by then. */
export function useMounted(): () => boolean {
  const mounted = useRef(false)
  useEffect(() => {
    mounted.current = true
    return () => {
      mounted.current = false
    }
  }, [])
  return useCallback(() => mounted.current, [])
}
