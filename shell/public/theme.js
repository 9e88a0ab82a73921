// Before the first paint, and in a file of its own since inline scripts are refused.
(function () {
  var page = document.documentElement
  var chosen = null
  try {
    chosen = localStorage.getItem('axis.theme')
  } catch {
    // Storage may be switched off; then the system decides.
  }
  var dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  page.dataset.theme = dark ? 'dark' : 'light'
  // What stands there until the screen does.
  var place = /\/(inbox|approvals|activity|operations)(\/[^/]+)?\/?$/.exec(location.pathname)
  page.dataset.place = !place ? 'inbox' : place[1] === 'approvals' && place[2] ? 'approval' : place[1]
})()
