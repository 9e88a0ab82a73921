import { useCallback, useEffect, useRef } from 'react'

/** Returns a function that says whether the component is still mounted: when an answer comes, it may be closed. */
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
