/** Scheme and host of the API: those of the page, unless the build sets others. */
export const API_ORIGIN: string = import.meta.env.VITE_API_URL ?? window.location.origin
