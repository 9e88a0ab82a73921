import { useLocation } from '@tanstack/react-router'

/**
 * The id of the open conversation, taken from the address. The router's own match is still the previous one until the
 * next one has loaded, and keys would then act on that.
 */
export function useOpen(): string | undefined {
  return useLocation({ select: ({ pathname }) => /^\/inbox\/([^/]+)$/.exec(pathname)?.[1] })
}
