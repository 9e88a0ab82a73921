import { MutationCache, QueryClient } from '@tanstack/react-query'

import { Failure } from '../api/failure.ts'

import { afterRefusal, isForbidden, rolesOfNow } from './again.ts'
import { wait } from './backoff.ts'

/**
 * For what does not wait for a token, whatever was refused before: what is taken back, which would be gone by then, and
 * what gets one itself. If it is refused itself, a token for the next try is got at once.
 */
export const AT_ONCE = { atOnce: true }

/** Retries only temporary failures, a few times, and not without a network. */
const aLittle = (failures: number, error: unknown) => failures < 2 && Failure.from(error).passing && navigator.onLine

export function createQueryClient(retry: false | typeof aLittle = aLittle): QueryClient {
  /** Why somebody was refused something, until they try again or do something else. */
  let refused: unknown = null
  return new QueryClient({
    mutationCache: new MutationCache({
      onMutate: async (_, { meta }) => {
        if (meta?.atOnce) return
        const before = refused
        refused = null
        await afterRefusal(before)
      },
      onError: (error, _variables, _context, { meta }) => {
        if (!isForbidden(error)) return
        if (meta?.atOnce) void rolesOfNow()
        else refused = error
      },
    }),
    defaultOptions: {
      queries: {
        // Otherwise queries would wait for the network and look as if they were loading. This way they fail, and say
        // so.
        networkMode: 'always',
        refetchOnReconnect: true,
        retry,
        retryDelay: (failures, error) => wait(failures + 1, Failure.from(error)),
        refetchOnWindowFocus: false,
      },
      // Pending messages can be taken back without a network too. What needs the network fails and says so: done later,
      // it would surprise people.
      mutations: { networkMode: 'always' },
    },
  })
}
