interface ImportMetaEnv {
  /** Scheme and host of the API; if unset, those of the page. */
  readonly VITE_API_URL?: string
}
