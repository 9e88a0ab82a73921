import { QueryClient } from '@tanstack/react-query'

import { Failure } from '../api/failure.ts'

import { wait } from './backoff.ts'

/** What a person must mend is not asked again, nor anything without a network; the rest is, a little. */
const aLittle = (failures: number, error: unknown) => failures < 2 && Failure.from(error).passing && navigator.onLine

export function createQueryClient(retry: false | typeof aLittle = aLittle): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Without a network nothing comes: that is told, where to wait for one would show for ever that it is on its way.
        networkMode: 'always',
        refetchOnReconnect: true,
        retry,
        retryDelay: (failures, error) => wait(failures + 1, Failure.from(error)),
        refetchOnWindowFocus: false,
      },
      // What waits here is taken back without a network, too. What needs one says so: put off, it would be done
      // when nobody expects it any more.
      mutations: { networkMode: 'always' },
    },
  })
}
