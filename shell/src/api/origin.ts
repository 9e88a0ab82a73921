/** Scheme and host of the API: that of the page, unless the build was told otherwise. */
export const API_ORIGIN: string = import.meta.env.VITE_API_URL ?? window.location.origin
