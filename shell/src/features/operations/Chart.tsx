/** Charts of the last hour, with one point per minute. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react'

import type { Point } from '#api/types.ts'
import { PANES, useWide } from '#ui/media.ts'
import { timeOfDay } from '#ui/time.ts'

/** Texts shrink with the chart, so a narrow one has fewer of them. */
const WIDTH = { wide: 560, narrow: 340 }
/** Minutes between two labels of the time axis: times in the 12-hour format are long. */
const EVERY = { wide: 15, narrow: 30 }
const HEIGHT = 190
const LEFT = 56
const BOTTOM = 22
const TOP = 8

interface Line {
  name: string
  of: (point: Point) => number | null | undefined
  colour: string
  /** Tells lines apart without colours. */
  dash?: string
}

/** The top of the scale: a round number of at least `most`. */
export function ceiling(most: number): number {
  if (most <= 0) return 1
  const unit = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 2.5, 5, 10].map((step) => step * unit).find((top) => top >= most) ?? most
}

const useWidth = () => (useWide(PANES) ? WIDTH.wide : WIDTH.narrow)
const x = (index: number, count: number, width: number) => LEFT + ((index + 0.5) * (width - LEFT)) / Math.max(1, count)
const y = (value: number, top: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP)

/** The path of a line, interrupted by minutes without a value. */
export function path(values: readonly (number | null | undefined)[], top: number, width: number): string {
  let pen = 'M'
  return values
    .map((value, index) => {
      if (value == null) {
        pen = 'M'
        return ''
      }
      // A single point is a line without length, which round ends make a dot.
      const alone = values[index - 1] == null && values[index + 1] == null
      const at = `${x(index, values.length, width).toFixed(1)} ${y(value, top).toFixed(1)}`
      const piece = `${pen}${at}${alone ? 'h0' : ''}`
      pen = 'L'
      return piece
    })
    .join('')
}

function short(value: number): string {
  return value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString() : value.toFixed(1)
}

export function Lines({ title, unit, points, lines }: { title: string; unit: string; points: Point[]; lines: Line[] }) {
  const width = useWidth()
  const values = points.flatMap((point) => lines.map(({ of }) => of(point) ?? 0))
  const top = ceiling(Math.max(...values, 0))
  const newest = points.findLast((point) => lines.some(({ of }) => of(point) != null))
  const said = (point: Point | undefined) =>
    lines.map(({ name, of }) => `${name} ${point && of(point) != null ? `${short(of(point) ?? 0)} ${unit}` : '–'}`).join(', ')
  return (
    <Chart
      title={title}
      unit={unit}
      top={top}
      points={points}
      summary={newest ? `${said(newest)} at ${timeOfDay(newest.at)}` : 'nothing in the last hour'}
      said={said}
      legend={lines.map(({ name, colour, dash }) => (
        <span key={name} className="inline-flex items-center gap-1">
          <svg aria-hidden width="16" height="6">
            <line x1="0" x2="16" y1="3" y2="3" stroke={colour} strokeWidth="2" strokeDasharray={dash} />
          </svg>
          {name}
        </span>
      ))}
    >
      {lines.map(({ name, of, colour, dash }) => (
        <path
          key={name}
          d={path(points.map(of), top, width)}
          fill="none"
          stroke={colour}
          strokeWidth="1.75"
          strokeLinejoin="round"
          strokeLinecap="round"
          strokeDasharray={dash}
        />
      ))}
    </Chart>
  )
}

export function Bars({ title, points, of }: { title: string; points: Point[]; of: (point: Point) => number }) {
  const top = ceiling(Math.max(...points.map(of), 0))
  const width = useWidth()
  const bar = ((width - LEFT) / Math.max(1, points.length)) * 0.7
  const total = points.reduce((sum, point) => sum + of(point), 0)
  return (
    <Chart
      title={title}
      unit=""
      top={top}
      points={points}
      summary={`${total.toLocaleString()} in the last hour`}
      said={(point) => short(of(point))}
      legend={<span className="tabular-nums">{total.toLocaleString()} in the last hour</span>}
    >
      {points.map((point, index) => {
        const height = HEIGHT - BOTTOM - y(of(point), top)
        return (
          <rect
            key={point.at}
            x={x(index, points.length, width) - bar / 2}
            y={HEIGHT - BOTTOM - height}
            width={bar}
            height={height}
            rx="1"
            fill="var(--accent)"
            opacity={index === points.length - 1 ? 0.5 : 0.9}
          />
        )
      })}
    </Chart>
  )
}

interface ChartProps {
  title: string
  unit: string
  top: number
  points: Point[]
  /** The chart in a sentence, for screen readers. */
  summary: string
  said: (point: Point) => string
  legend: ReactNode
  children: ReactNode
}

function Chart({ title, unit, top, points, summary, said, legend, children }: ChartProps) {
  const width = useWidth()
  const every = width === WIDTH.wide ? EVERY.wide : EVERY.narrow
  const [at, setAt] = useState<number | null>(null)
  const point = at === null ? undefined : points[at]
  const words = point && `${timeOfDay(point.at)}: ${said(point)}`
  /** Whether the minute was chosen by keyboard; then it is read out too. */
  const [byKey, setByKey] = useState(false)
  const onKeyDown = (event: KeyboardEvent) => {
    const last = points.length - 1
    const next = new Map([
      ['ArrowLeft', Math.max(0, (at ?? points.length) - 1)],
      ['ArrowRight', Math.min(last, (at ?? last) + 1)],
      ['Home', 0],
      ['End', last],
    ]).get(event.key)
    if (next === undefined || last < 0) return
    event.preventDefault()
    setByKey(true)
    setAt(next)
  }
  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const place = ((event.clientX - box.left) / box.width) * width
    const index = Math.floor(((place - LEFT) / (width - LEFT)) * points.length)
    setByKey(false)
    setAt(index >= 0 && index < points.length ? index : null)
  }
  return (
    <figure className="relative rounded-2xl border border-line bg-surface px-4 pt-3 pb-2">
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 className="font-semibold">{title}</h2>
        <span className="flex gap-3 text-xs text-soft tabular-nums">
          {words ?? legend}
        </span>
      </figcaption>
      <p role="status" className="sr-only">
        {byKey && words}
      </p>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="img"
        aria-label={`${title}: ${summary}`}
        className="mt-2 block w-full touch-pan-y"
        // Focusable, because the arrow keys move through its minutes.
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setAt(null)}
      >
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line x1={LEFT} x2={width} y1={y(share * top, top)} y2={y(share * top, top)} stroke="var(--line)" />
            <text x={LEFT - 6} y={y(share * top, top) + 4} textAnchor="end" fontSize="11" fill="var(--text-soft)">
              {short(share * top)}
              {share === 1 && unit && ` ${unit}`}
            </text>
          </g>
        ))}
        {points.map(
          (one, index) =>
            index % every === 0 && (
              <text key={one.at} x={x(index, points.length, width)} y={HEIGHT - 6} textAnchor={index === 0 ? 'start' : 'middle'} fontSize="11" fill="var(--text-soft)">
                {timeOfDay(one.at)}
              </text>
            ),
        )}
        {children}
        {at !== null && (
          <line x1={x(at, points.length, width)} x2={x(at, points.length, width)} y1={TOP} y2={HEIGHT - BOTTOM} stroke="var(--line-strong)" />
        )}
      </svg>
    </figure>
  )
}
