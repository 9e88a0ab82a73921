interface ImportMetaEnv {
  /** Scheme and host of the API; unset: that of the page. */
  readonly VITE_API_URL?: string
}
