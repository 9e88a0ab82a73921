import { AtSign, Globe, type LucideIcon, Mail, MessageCircle, MessageSquareText, Phone, Plug, Send } from 'lucide-react'

const CHANNELS: Record<string, { icon: LucideIcon; name: string }> = {
  'Channel::WebWidget': { icon: Globe, name: 'Website' },
  'Channel::Email': { icon: Mail, name: 'E-mail' },
  'Channel::Whatsapp': { icon: Phone, name: 'WhatsApp' },
  'Channel::Telegram': { icon: Send, name: 'Telegram' },
  'Channel::Sms': { icon: MessageSquareText, name: 'SMS' },
  'Channel::TwilioSms': { icon: MessageSquareText, name: 'SMS' },
  'Channel::FacebookPage': { icon: MessageCircle, name: 'Messenger' },
  'Channel::Instagram': { icon: AtSign, name: 'Instagram' },
  'Channel::Line': { icon: MessageCircle, name: 'Line' },
  'Channel::Api': { icon: Plug, name: 'API' },
}

export function channelName(channel: string | null | undefined): string {
  if (!channel) return 'Unknown channel'
  return CHANNELS[channel]?.name ?? channel.replace(/^Channel::/, '')
}

export function ChannelIcon({ channel, className }: { channel: string; className?: string }) {
  const Icon = CHANNELS[channel]?.icon ?? MessageCircle
  return <Icon aria-hidden className={className} />
}
