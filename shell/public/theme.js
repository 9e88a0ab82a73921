// Sets the theme before the first paint. It has its own file because the content security policy forbids inline scripts.
(function () {
  var page = document.documentElement
  var chosen = null
  try {
    chosen = localStorage.getItem('axis.theme')
  } catch {
    // Storage may be switched off. Then the system's setting decides.
  }
  var dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  page.dataset.theme = dark ? 'dark' : 'light'
  // Which screen the outline of the workspace shows until the real one is there.
  var place = /\/(inbox|approvals|activity|operations)(\/[^/]+)?\/?$/.exec(location.pathname)
  page.dataset.place = !place ? 'inbox' : place[1] === 'approvals' && place[2] ? 'approval' : place[1]
})()
