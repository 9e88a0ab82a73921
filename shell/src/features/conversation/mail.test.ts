import { expect, test } from 'vitest'

import { aMessage } from '#test/samples.ts'

import { clean } from './clean.ts'
import { mailOf } from './mail.ts'

function shown(html: string, pictures = false): string {
  const box = document.createElement('div')
  box.append(clean(html, pictures).body)
  return box.innerHTML
}

test('a mail has a layout, anything else has none', () => {
  const contentAttributes = { email: { subject: 'Hello', html_content: { full: '<p>Hi</p>' } } }
  expect(mailOf(aMessage({ contentType: 'incoming_email', contentAttributes }))).toEqual({ subject: 'Hello', html: '<p>Hi</p>' })
  expect(mailOf(aMessage({ contentType: 'text', contentAttributes }))).toBeNull()
  expect(mailOf(aMessage({ contentType: 'incoming_email', contentAttributes: { email: null } }))).toBeNull()
})

test('nothing in it acts', () => {
  for (const html of [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><script>alert(1)</script></svg>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\nscript:alert(1)">x</a>',
    '<form action="https://evil.example"><input name=q><button>x</button></form>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="x"></object><embed src="x"><base href="https://evil.example"><meta http-equiv=refresh content="0;url=x">',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>',
    '<style>* { display: none }</style>',
  ]) {
    expect(shown(html)).not.toMatch(/script|onerror|onload|<form|<input|<button|<iframe|<object|<embed|<base|<meta|<style/i)
  }
})

test('nothing in it fetches before somebody asks, and then pictures only', () => {
  const html =
    '<img src="https://t.example/1.png"><img srcset="https://t.example/2.png 2x"><p style="background:url(https://t.example/3)">x</p>' +
    '<table background="https://t.example/4"><tr><td>y</td></tr></table><video poster="https://t.example/5" src="https://t.example/6"></video>' +
    '<img src="//t.example/7.png"><img src="data:image/svg+xml,x"><img src="data:image/png;base64,AAAA">' +
    String.raw`<p style="background-image:u\72l(https://t.example/8.png)">z</p><p style="background:\75 rl(https://t.example/9.png)">z</p>`
  expect(clean(html, false).remote).toBe(1)
  expect(shown(html)).not.toContain('t.example')
  expect(shown(html)).toContain('data:image/png')
  expect(shown(html, true)).toContain('https://t.example/1.png')
  expect(shown(html, true)).not.toMatch(/t\.example\/[2-9]/)
  expect(shown('<img src="HTTP://t.example/1.png">', true)).toContain('src="https://t.example/1.png"')
})

test('nothing in it leaves its place, however that is spelled', () => {
  for (const style of ['position:fixed', 'POSITION : absolute', String.raw`pos\69tion:fixed`, 'position/**/:fixed']) {
    expect(shown(`<p style="${style}">x</p>`)).toBe('<p>x</p>')
  }
  expect(shown('<p style="color: red">x</p>')).toBe('<p style="color: red">x</p>')
})

test('links lead out of here, and what was quoted can be told apart', () => {
  const { body, quoted } = clean('<p><a href="https://a.example">a</a></p><div class="gmail_quote">On Monday…</div>', false)
  const link = body.querySelector('a')
  expect([link?.target, link?.rel]).toEqual(['_blank', 'noopener noreferrer'])
  expect(quoted).toBe(true)
  expect(body.querySelector('[data-quoted]')?.textContent).toBe('On Monday…')
  expect(clean('<p>Hi</p>', false).quoted).toBe(false)
})
