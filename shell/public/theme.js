// Before the first paint, and in a file of its own since inline scripts are refused.
(function () {
  var chosen = null
  try {
    chosen = localStorage.getItem('axis.theme')
  } catch {
    // Storage may be switched off; then the system decides.
  }
  var dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
