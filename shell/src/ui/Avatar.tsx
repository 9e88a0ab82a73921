import { ChannelIcon } from './ChannelIcon.tsx'
import { classes } from './classes.ts'

/** Hues that are calm and easy to tell apart. */
const HUES = [25, 60, 95, 150, 190, 225, 265, 300, 340]

function hueOf(text: string): number {
  let hash = 0
  for (const character of text) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) | 0
  return HUES[Math.abs(hash) % HUES.length] ?? 265
}

function letter(word = ''): string {
  const code = word.codePointAt(0)
  return code === undefined ? '' : String.fromCodePoint(code)
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const other = words.slice(1).findLast((word) => /^\p{L}/u.test(word))
  const last = letter(other)
  return ((letter(words[0]) || '?') + last).toUpperCase()
}

interface AvatarProps {
  name: string
  /** Gives people of the same name different colours. */
  seed?: string
  channel?: string | null | undefined
  size?: 'small' | 'medium'
  className?: string
}

export function Avatar({ name, seed = name, channel, size = 'medium', className }: AvatarProps) {
  const hue = hueOf(seed)
  return (
    <span aria-hidden className={classes('relative inline-flex shrink-0', className)}>
      <span
        className={classes(
          'flex items-center justify-center rounded-full font-semibold select-none before:content-[attr(data-initials)]',
          size === 'medium' ? 'size-9 text-xs' : 'size-6 text-[0.625rem]',
        )}
        // Drawn by CSS, so that screen readers and names of elements leave the initials out.
        data-initials={initials(name)}
        style={{
          background: `light-dark(oklch(91% 0.05 ${hue}), oklch(36% 0.06 ${hue}))`,
          color: `light-dark(oklch(38% 0.09 ${hue}), oklch(90% 0.05 ${hue}))`,
        }}
      />
      {channel && (
        <span className="absolute -right-1 -bottom-1 flex size-4.5 items-center justify-center rounded-full bg-surface text-soft">
          <ChannelIcon channel={channel} className="size-3" />
        </span>
      )}
    </span>
  )
}
