/**
 * What outlives the page, by name. Storage may be full or switched off, and hold what nobody can read: then nothing is
 * kept or found, and what is there lasts as long as the page.
 */
export interface Kept {
  /** The value of this name; undefined if there is none, or none that can be read. */
  readonly readJson: (name: string) => unknown
  readonly writeJson: (name: string, value: unknown) => void
  readonly readText: (name: string) => string | null
  readonly writeText: (name: string, text: string) => void
  readonly remove: (name: string) => void
  /** All whose names begin so, by the rest of their names; undefined where a value cannot be read. */
  readonly entries: (prefix: string) => [string, unknown][]
}

/** The value of a text in JSON; undefined if it is none. */
export function parsed(text: string | null): unknown {
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Asked for each time: where storage is switched off, asking fails. */
function keptIn(storage: () => Storage): Kept {
  const safely = <T>(work: (storage: Storage) => T, otherwise: T): T => {
    try {
      return work(storage())
    } catch {
      return otherwise
    }
  }
  const readText = (name: string) => safely((all) => all.getItem(name), null)
  const writeText = (name: string, text: string) => safely((all) => all.setItem(name, text), undefined)
  return {
    readText,
    writeText,
    readJson: (name) => parsed(readText(name)),
    writeJson: (name, value) => writeText(name, JSON.stringify(value)),
    remove: (name) => safely((all) => all.removeItem(name), undefined),
    entries: (prefix) =>
      safely((all) => Object.keys(all), [])
        .filter((name) => name.startsWith(prefix))
        .map((name) => [name.slice(prefix.length), parsed(readText(name))]),
  }
}

/** Kept for this browser: all of its tabs have the same. */
export const local = keptIn(() => localStorage)
/** Kept for this tab alone. */
export const tab = keptIn(() => sessionStorage)
