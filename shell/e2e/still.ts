/** Whether what people look at stays where it is. */
import type { Locator, Page } from '@playwright/test'

import { expect } from './system.ts'

interface Moves {
  /** What the browser calls a shift of the layout, and what moved in it. */
  shifts: string[]
  /** Which of the places moved or changed their size, by how many pixels at most. */
  moved: Record<string, number>
}

interface Shift extends PerformanceEntry {
  value: number
  hadRecentInput: boolean
  sources: { node?: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[]
}

/** Left on the page, for its end. */
interface Watching extends Window {
  endOfWatch?: () => Promise<Moves>
}

/** On the page. */
function watch(names: readonly string[]): void {
  const found: Moves = { shifts: [], moved: {} }
  // Its newest line comes to its top: that is wanted.
  const isTimeline = (node: Node | null | undefined) => node?.parentElement?.closest('ol[aria-label=Timeline]') != null
  // How long ago something was is said at the end of its line, in more words as time goes by.
  const isTime = (node: Node | null | undefined) => (node instanceof Element ? node : node?.parentElement)?.closest('time') != null
  const note = (entries: PerformanceEntryList) => {
    for (const { value, hadRecentInput, sources } of entries as Shift[]) {
      if (hadRecentInput) continue
      const moves = sources.filter(({ node }) => !isTimeline(node) && !isTime(node)).map(({ node, previousRect: a, currentRect: b }) => {
        const element = node instanceof Element ? node : node?.parentElement
        const name = element?.getAttribute('aria-label') ?? element?.textContent.trim().slice(0, 40) ?? ''
        return `${element?.tagName.toLowerCase() ?? 'nothing'} “${name}” from ${a.x},${a.y} ${a.width}×${a.height} to ${b.x},${b.y} ${b.width}×${b.height}`
      })
      if (moves.length > 0) found.shifts.push(`${value.toFixed(5)}: ${moves.join('; ')}`)
    }
  }
  const observer = new PerformanceObserver((list) => note(list.getEntries()))
  observer.observe({ type: 'layout-shift' })
  const boxes = () => names.map((name) => document.querySelector(`[data-watched="${name}"]`)?.getBoundingClientRect())
  const before = boxes()
  const sides = ['left', 'top', 'width', 'height'] as const
  let goes = true
  const look = () => {
    boxes().forEach((now, index) => {
      const [name, was] = [names[index] ?? '', before[index]]
      const by = now && was ? Math.max(...sides.map((side) => Math.abs(now[side] - was[side]))) : Infinity
      if (by >= 1) found.moved[name] = Math.max(found.moved[name] ?? 0, by)
    })
    if (goes) requestAnimationFrame(look)
  }
  look()
  const watching: Watching = window
  watching.endOfWatch = async () => {
    // What is drawn is told of a little later.
    for (let frame = 0; frame < 4; frame++) await new Promise((drawn) => requestAnimationFrame(drawn))
    goes = false
    note(observer.takeRecords())
    observer.disconnect()
    return found
  }
}

/**
 * While something happens, until it is seen, nothing shifts, and these places stay as they are: the browser does not tell of
 * what is scrolled or moved by a transform, as messages and rows are.
 */
export async function still(page: Page, places: Record<string, Locator>, happens: () => Promise<void>): Promise<void> {
  for (const [name, place] of Object.entries(places)) {
    await place.evaluate((element, called) => element.setAttribute('data-watched', called), name)
  }
  await page.evaluate(watch, Object.keys(places))
  await happens()
  const moves = await page.evaluate(async () => await (window as Watching).endOfWatch?.())
  expect(moves).toEqual({ shifts: [], moved: {} })
  for (const place of Object.values(places)) await place.evaluate((element) => element.removeAttribute('data-watched'))
}
