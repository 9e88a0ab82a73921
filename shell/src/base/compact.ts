/** Removes what is not set, so that equal views have equal addresses and equal places in the cache. */
export function compact<T extends object>(values: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}
