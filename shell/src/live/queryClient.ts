import { QueryClient } from '@tanstack/react-query'

import { Failure } from '../api/failure.ts'

import { wait } from './backoff.ts'

/** What a person must mend is not asked again; the rest is, a little. */
const aLittle = (failures: number, error: unknown) => failures < 2 && Failure.from(error).passing

export function createQueryClient(retry: false | typeof aLittle = aLittle): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry, retryDelay: (failures, error) => wait(failures + 1, Failure.from(error)), refetchOnWindowFocus: false },
      // What waits here is taken back without a network, too. What needs one says so: put off, it would be done
      // when nobody expects it any more.
      mutations: { networkMode: 'always' },
    },
  })
}
