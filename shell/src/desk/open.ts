import { useLocation } from '@tanstack/react-router'

/**
 * The conversation that is open: by the address, from the moment somebody goes there. What the router has matched is
 * the one before until the next one is loaded, and keys would mean that.
 */
export function useOpen(): string | undefined {
  return useLocation({ select: ({ pathname }) => /^\/inbox\/([^/]+)$/.exec(pathname)?.[1] })
}
