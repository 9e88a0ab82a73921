/**
 * Values in browser storage, by name. Storage may be full or switched off, and may contain what cannot be parsed: then
 * nothing is saved or found, and values last only as long as the page.
 */
export interface Kept {
  /** The value of this name. Returns undefined if there is none, or none that can be parsed. */
  readonly readJson: (name: string) => unknown
  readonly writeJson: (name: string, value: unknown) => void
  readonly readText: (name: string) => string | null
  readonly writeText: (name: string, text: string) => void
  readonly remove: (name: string) => void
  /**
   * All entries whose names start with the prefix, by the rest of their names. A value is undefined if it cannot be
   * parsed.
   */
  readonly entries: (prefix: string) => [string, unknown][]
}

/** Parses JSON. Returns undefined if the text is not JSON. */
export function parsed(text: string | null): unknown {
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Takes a function, because merely accessing storage throws where it is switched off. */
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

/** Stored for this browser: all of its tabs share it. */
export const local = keptIn(() => localStorage)
/** Stored for this tab only. */
export const tab = keptIn(() => sessionStorage)
