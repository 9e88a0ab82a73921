/** The API's own names for its types. */
import type { components, operations } from './schema'

type Schemas = components['schemas']

export type About = Schemas['About']
export type AccountState = Schemas['AccountState']
export type Activity = Schemas['Activity']
export type ActivityList = Schemas['ActivityList']
export type Agent = Schemas['ListedAgent']
export type Announcement = Schemas['Announcement']
export type Approval = Schemas['Approval']
export type ApprovalList = Schemas['ApprovalList']
export type Attachment = Schemas['Attachment']
export type CannedResponse = Schemas['CannedResponse']
export type ChatwootLink = Schemas['Link']
export type ChatwootState = Schemas['ChatwootState']
export type Contact = Schemas['Contact']
export type Conversation = Schemas['Conversation']
export type ConversationList = Schemas['ConversationList']
export type CreateMessage = Schemas['CreateMessage']
export type DeadLetter = Schemas['DeadLetter']
export type DeadLetterList = Schemas['DeadLetterList']
export type DeliveryState = Schemas['DeliveryState']
export type FieldError = Schemas['FieldError']
/** An event that is not stored. */
export type Live = Schemas['Live']
export type Me = Schemas['Me']
export type Message = Schemas['Message']
export type MessageList = Schemas['MessageList']
export type Permission = Schemas['Permission']
export type Point = Schemas['Point']
export type Problem = Schemas['Problem']
export type Replay = Schemas['Replay']
export type ReplayCounted = Schemas['ReplayCounted']
export type ReplayWanted = Schemas['ReplayWanted']
export type SignIn = Schemas['SignIn']
export type Stage = Schemas['Stage']
export type UpdateConversation = Schemas['UpdateConversation']

type Given<T> = Omit<NonNullable<T>, 'page' | 'limit' | 'cursor' | 'lastEventId' | 'ticket'>

/** Which conversations to list, and in which order; a field that is left out does not restrict. */
export type ConversationFilter = Given<operations['list_conversations']['parameters']['query']>
export type ConversationSort = NonNullable<ConversationFilter['sort']>
export type ActivityFilter = Given<operations['list_activity']['parameters']['query']>
export type DeadLetterFilter = Given<operations['list_dead_letters']['parameters']['query']>
export type ApprovalFilter = Given<operations['list_approvals']['parameters']['query']>
export type ApprovalStatus = NonNullable<ApprovalFilter['status']>
