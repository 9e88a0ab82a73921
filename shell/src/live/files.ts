/** Files of messages, kept in memory for a while after they were last shown. */
import { queryOptions } from '@tanstack/react-query'

import type { Failure } from '../api/failure.ts'
import { readFile } from '../api/files.ts'

export function fileQuery(id: string, thumb = false) {
  return queryOptions<Blob, Failure>({
    queryKey: ['file', id, thumb],
    queryFn: ({ signal }) => readFile(id, thumb, signal),
    staleTime: Infinity,
    gcTime: 120_000,
    structuralSharing: false,
  })
}
