import { useQuery } from '@tanstack/react-query'

import { again } from '#live/again.ts'
import { pipelineQuery } from '#live/operations.ts'
import { Failed, Stale } from '#ui/State.tsx'

import { Bars, Lines } from './Chart.tsx'
import { Health } from './Health.tsx'
import { Pipeline } from './Pipeline.tsx'

/** The state of the whole system: health, throughput and latency. */
export function Overview() {
  const query = useQuery(pipelineQuery())
  return (
    <>
      <Health />
      {query.isPending ? (
        <div role="status" aria-label="Loading the pipeline" className="skeleton mt-5 h-40" />
      ) : query.isError && !query.data ? (
        <Failed what="The pipeline did not load" error={query.error} retry={() => void again(query)} />
      ) : (
        <>
          <Stale of={query} />
          <Pipeline stages={query.data.stages} at={query.data.at} receivers={query.data.receivers} />
          <div className="mt-5 grid gap-5 three:grid-cols-2">
            <Lines
              title="From webhook to screen"
              unit="ms"
              points={query.data.points}
              lines={[
                { name: 'p50', of: (point) => point.p50Ms, colour: 'var(--good)' },
                { name: 'p95', of: (point) => point.p95Ms, colour: 'var(--accent)', dash: '5 3' },
                { name: 'p99', of: (point) => point.p99Ms, colour: 'var(--warn)', dash: '2 3' },
              ]}
            />
            <Bars title="Webhooks a minute" points={query.data.points} of={(point) => point.received} />
          </div>
        </>
      )}
    </>
  )
}
