// Made of openapi.json by `npm run types`; not to be edited.

export interface paths {
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List all Chatwoot accounts of the tenant, without their secrets. */
        get: operations["list_accounts"];
        put?: never;
        /**
         * Connect a Chatwoot account, or give a new token to one that is connected.
         * @description Chatwoot is asked whether the token is an administrator's. Then the webhook is registered there,
         *     and the history is imported in the background. May be repeated.
         */
        post: operations["connect_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a Chatwoot account, without its secrets. */
        get: operations["get_account"];
        put?: never;
        post?: never;
        /**
         * Disconnect a Chatwoot account: nothing more is accepted from it or sent to it.
         * @description What came from it stays, and what waits to be sent stays waiting. Its token and webhook secrets
         *     are deleted, which cannot be undone: to serve it again, connect it again.
         */
        delete: operations["disconnect_account"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace an account's token, or have Chatwoot sign with a new secret.
         * @description All programs use the new token within half a minute. For a new secret the webhook is created
         *     anew in Chatwoot; what was signed with the previous one is accepted until the next rotation.
         */
        post: operations["rotate_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/webhook/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask Chatwoot for the state of the webhook. Changes nothing. */
        post: operations["check_webhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the timeline, newest first, or follow it live.
         * @description With `Accept: text/event-stream` the answer is a stream of server-sent events that does not end.
         *     It holds conversations, messages and approvals, so it also needs `conversations:read` and
         *     `approvals:read`. The event `ready` means that nothing was missed up to its id. `reset` means
         *     that what was missed cannot be told: read the state again, and go on. Any other event is an
         *     `Announcement`, whose id is its position, or a `Live` event (such as `typing`), which has no id.
         *
         *     If few activities match the types, the source, the actor or the account, a page may have fewer rows than its
         *     limit, or none, without being the last: go on until `nextCursor` is null.
         */
        get: operations["list_activity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activity/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an activity. */
        get: operations["get_activity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activity/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a ticket that opens one live stream without a header, for `EventSource`.
         * @description It can be used once, within half a minute. The stream ends when the token expires with which the
         *     ticket was requested.
         */
        post: operations["create_ticket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List all agents, as Chatwoot had them when it was last asked. */
        get: operations["list_agents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List keys, newest first, without their secrets. */
        get: operations["list_api_keys"];
        put?: never;
        /**
         * Create a key for a machine.
         * @description It may do no more than its creator. If a key creates it, it expires no later than that key.
         */
        post: operations["create_api_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a key, and what it created if asked to.
         * @description It stops working with the next request. A live stream that it opened ends within a quarter of an
         *     hour. Revoking it again changes nothing, but still revokes what it created, if that is asked for. `createdBy` in the
         *     list of keys says which key created which.
         */
        delete: operations["revoke_api_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List approvals, newest first. */
        get: operations["list_approvals"];
        put?: never;
        /**
         * Ask for an approval.
         * @description What was asked for does not change any more. How the conversation was at the time is stored with it.
         */
        post: operations["create_approval"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approvals/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an approval. */
        get: operations["get_approval"];
        put?: never;
        post?: never;
        /** Withdraw an approval that you asked for and that nobody has decided on. It stays readable. */
        delete: operations["withdraw_approval"];
        options?: never;
        head?: never;
        /**
         * Decide on an approval that somebody else asked for.
         * @description A person, the keys that they created, and the keys that those created count as one, and cannot decide on
         *     their own requests. Of several who decide at once one wins, and the others are told who. Approving is
         *     refused if the customer has written since approval was asked for, unless `If-Match` names the tag of that
         *     very state, which shows that the decider knows. An approved `proposed_reply` is sent as its asker's
         *     message, in the same step. With another `content`, that text is sent, as the decider's message, and
         *     `editedContent` shows it. What was asked for stays as it was.
         */
        patch: operations["decide_approval"];
        trace?: never;
    };
    "/api/v1/attachments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a file of a message, or a part of it.
         * @description Images, sound and video come with their type, to be shown. Everything else comes as bytes, to be
         *     saved: a stranger's page or document must not be opened here.
         */
        get: operations["get_attachment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List who did what, newest first: people, machines and operators.
         * @description Entries are only added; nobody changes or removes one.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read how people sign in. Needs no token. */
        get: operations["get_auth_config"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/canned-responses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List all canned responses, as Chatwoot had them when it was last asked. */
        get: operations["list_canned_responses"];
        put?: never;
        /**
         * Create a canned response in Chatwoot.
         * @description It is there by the time this is answered. Asked for again, it is not created twice: if it is
         *     already there exactly so, the answer is 200.
         */
        post: operations["create_canned_response"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/chatwoot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See how each Chatwoot account answers, and how many replies and changes wait for it.
         * @description This is what agents have to know, without what operators see. At most two seconds old.
         */
        get: operations["get_chatwoot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contacts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a contact.
         * @description Its conversations are at `GET /conversations?contactId=…`.
         */
        get: operations["get_contact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List conversations. */
        get: operations["list_conversations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a conversation. */
        get: operations["get_conversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a conversation.
         * @description The answer, and every list, shows the change at once; `pendingChanges` names what Chatwoot has not
         *     confirmed. If Chatwoot refuses, its own state is shown again, and the activity `command_failed` says why.
         *     Each field is a command of its own: they are carried out in order, and each succeeds or fails by itself.
         */
        patch: operations["update_conversation"];
        trace?: never;
    };
    "/api/v1/conversations/{id}/draft": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the reply, or the note, that you have begun to write in a conversation. */
        get: operations["get_draft"];
        /**
         * Save what you have begun to write in a conversation.
         * @description It replaces what you saved before of the same kind, a reply or a note. Nobody else sees it.
         */
        put: operations["put_draft"];
        post?: never;
        /** Discard the reply, or the note, that you have begun to write in a conversation. */
        delete: operations["delete_draft"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/escalate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Escalate a conversation.
         * @description This asks for an approval of the type `escalation`, which somebody else decides on.
         */
        post: operations["escalate_conversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List messages of a conversation: the newest, or those before or after one of them. */
        get: operations["list_messages"];
        put?: never;
        /**
         * Write a message or a note.
         * @description It is on its way from then on, and its `state` tells how far it is.
         */
        post: operations["create_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/messages/{messageId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a message in Chatwoot.
         * @description It is shown as deleted from then on. If Chatwoot refuses, it is shown again, and the activity
         *     `command_failed` says why. What the customer's channel has delivered is mostly not recalled there.
         */
        delete: operations["delete_message"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/messages/{messageId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take back a message that has not left, or discard one that failed.
         * @description A message that is queued or waits to be retried can be taken back if it has certainly not left: it was
         *     never tried, or no try reached Chatwoot. One that failed on its way to Chatwoot is discarded. Either is
         *     gone from the conversation, and the activity `message_cancelled` says so, with `discarded` if it had
         *     failed. If it failed without anybody knowing whether Chatwoot has it, it comes back if Chatwoot does.
         *
         *     If Chatwoot has the message and was asked to hand it to its channel again, that alone is taken back, as
         *     long as no try can have reached Chatwoot. The message has then failed, as before, and
         *     `message_retry_cancelled` says so.
         */
        post: operations["cancel_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/messages/{messageId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a message again that failed, or try one at once that waits.
         * @description A message that failed on its way to Chatwoot is queued behind everything that waits in its
         *     conversation. If an earlier try may have reached Chatwoot, its state is unknown until it was
         *     looked for there; if it is found, it is not sent twice.
         *
         *     One that waits to be retried is tried at once, in its place; one whose state is unknown is
         *     looked for in Chatwoot at once. If it waits behind something else that waits to be tried again
         *     or looked for, that is done at once.
         *
         *     If Chatwoot has the message and the customer's channel did not deliver it, Chatwoot is told to
         *     hand it to the channel again; no other message is written.
         */
        post: operations["retry_message"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show colleagues that you look at a conversation, answer in it, or have left it.
         * @description They get the live event `presence`. Nothing is stored: repeat it at least every half minute
         *     while it is so, and treat somebody who stops repeating it as gone.
         */
        post: operations["show_presence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark a conversation as read.
         * @description Nothing that the customer wrote is unread any more, for the whole team. Chatwoot is told.
         */
        post: operations["mark_read"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/typing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show that you are typing, or that you stopped.
         * @description Colleagues are shown it at once, by the live event `typing`, and the customer through Chatwoot.
         *     Repeat it every few seconds while it is so.
         */
        post: operations["show_typing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/conversations/{id}/unread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark a conversation as unread.
         * @description The customer's newest message counts as not seen, until somebody reads it here or in Chatwoot.
         *     Chatwoot cannot be told.
         */
        post: operations["mark_unread"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/drafts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List what you have begun to write, in whichever conversation, newest first. */
        get: operations["list_drafts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/inboxes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List all inboxes, as Chatwoot had them when it was last asked. */
        get: operations["list_inboxes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List all labels, as Chatwoot had them when it was last asked. */
        get: operations["list_labels"];
        put?: never;
        /**
         * Create a label in Chatwoot. Conversations can bear it by the time this is answered.
         * @description Asked for again, it is not created twice: if it is already there exactly so, the answer is 200.
         */
        post: operations["create_label"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read who you are and what you may do. Needs no permission, only a valid token. */
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the tenant's Chatwoot accounts, and as which of their users your replies and notes go out.
         * @description Any person may do this.
         */
        get: operations["list_links"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/links/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Have your replies and notes go out under your own name, instead of what you linked before.
         * @description Chatwoot is asked whose token it is. What you write in the account's conversations then goes out
         *     with it; everything else still goes out with the account's token. May be repeated.
         */
        put: operations["put_link"];
        post?: never;
        /**
         * Delete your own token: what you write then goes out with the account's.
         * @description Any person may do this, whatever else they may not do any more. Repeating it changes nothing.
         */
        delete: operations["delete_link"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See the state of each Chatwoot account.
         * @description Whether it answers, how many requests it allows, what waits, and how far it has been compared
         *     with what is here.
         */
        get: operations["list_account_states"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/accounts/{id}/reconcile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have an account compared with Chatwoot now, and what webhooks missed repaired.
         * @description The sync workers do this at their own pace. A comparison that is under way goes on.
         */
        post: operations["reconcile_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List messages that could not be processed, newest first.
         * @description A page may have fewer rows than its limit, or none, without being the last: go on until
         *     `nextCursor` is null.
         */
        get: operations["list_dead_letters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/dead-letters/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a dead letter, with personal data masked. */
        get: operations["get_dead_letter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/dead-letters/{id}/drop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Remove a dead letter that will never be processed. This cannot be undone. */
        post: operations["drop_dead_letter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/dead-letters/{id}/redrive": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a dead letter to the workers again, once its cause is fixed.
         * @description It is applied only once, however often it is sent. If it dies again, it is a new dead letter.
         */
        post: operations["redrive_dead_letter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/pipeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See how fast events and commands pass, and what waits or fails.
         * @description Each stage with its rate, what waits before it, since when, and its failures; throughput and
         *     latency of the last hour. At most two seconds old.
         */
        get: operations["get_pipeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hand past events of an account to the workers again.
         * @description They become the same rows, so replaying is always safe, and repairs what was lost or changed here. A dry
         *     run counts them. A real one goes on after the answer, at the pace asked for; follow it at `Location`.
         */
        post: operations["replay_events"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List replays of the tenant's events, newest first. */
        get: operations["list_replays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/replays/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See how far a replay has come, or how it ended. */
        get: operations["get_replay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/teams": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List all teams, as Chatwoot had them when it was last asked. */
        get: operations["list_teams"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the tenant that you belong to. */
        get: operations["get_tenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Rename the tenant that you belong to. */
        patch: operations["update_tenant"];
        trace?: never;
    };
    "/api/v1/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List all tenants. Only keys of the installation may do it. */
        get: operations["list_tenants"];
        put?: never;
        /**
         * Create a tenant.
         * @description Nobody is in it until a claim means it, or until an operator creates a key for it. Only keys of
         *     the installation may do it.
         */
        post: operations["create_tenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read any tenant.
         * @description Only keys of the installation may do it here; the tenant's own people have `/tenant`.
         */
        get: operations["get_any_tenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rename any tenant.
         * @description Only keys of the installation may do it here; the tenant's own administrators have `/tenant`.
         */
        patch: operations["update_any_tenant"];
        trace?: never;
    };
    "/api/v1/tenants/{id}/claims": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the claims that mean a tenant. Only keys of the installation may do it. */
        get: operations["list_tenant_claims"];
        put?: never;
        /**
         * Let a claim mean a tenant.
         * @description Everybody of whom the provider says it belongs to the tenant from then on. A claim means only
         *     one tenant; repeating this changes nothing. Only keys of the installation may do it.
         */
        post: operations["add_tenant_claim"];
        /**
         * Let a claim mean nobody any more.
         * @description Whoever came in by it no longer belongs to the tenant, from the next request on; a live stream
         *     that is open ends with its token. Only keys of the installation may do it.
         */
        delete: operations["remove_tenant_claim"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description Whom something concerns. It is read with the thing and never stored with it, so a person who is renamed or deleted
         *     does not live on in it.
         */
        About: {
            /**
             * @description The conversation's channel, `Channel::…`, as Chatwoot names it.
             * @example Channel::WebWidget
             */
            channel?: string | null;
            /**
             * Format: int64
             * @description The conversation's number within the Chatwoot account, as agents know it; null: it is about no conversation.
             * @example 7
             */
            chatwootConversationId?: number | null;
            contact?: components["schemas"]["NamedContact"] | null;
        };
        /** @description An account of a Chatwoot installation, without its secrets. */
        Account: {
            /** @description Whether webhooks without a signature are accepted. Only an operator can allow that. */
            allowUnsigned: boolean;
            /**
             * Format: int64
             * @description Number of the account in the installation.
             * @example 1
             */
            chatwootAccountId: number;
            /**
             * @description Scheme and host of the installation.
             * @example https://chat.example.com
             */
            chatwootUrl: string;
            /**
             * Format: date-time
             * @description When it became known here.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description Since when it is no longer served; its data are still there. Null while it is connected.
             */
            disconnectedAt?: string | null;
            /** @description Our key for the account. */
            id: components["schemas"]["AccountKey"];
            /**
             * @description Name of the account, for people.
             * @example Acme Support
             */
            name?: string | null;
            /**
             * @description Address at which people open the installation; null if it is the same one.
             * @example https://support.example.com
             */
            screenUrl?: string | null;
            /**
             * Format: date-time
             * @description When its settings last changed.
             */
            updatedAt: string;
            /**
             * Format: int64
             * @description Number of our webhook in Chatwoot; null if Chatwoot does not call us.
             */
            webhookId?: number | null;
        };
        /**
         * Format: uuid
         * @description One Chatwoot account of one installation. Opaque: it is in subjects and webhook addresses.
         */
        AccountKey: string;
        /** @description All accounts, including those that are no longer served. */
        AccountList: {
            data: components["schemas"]["Account"][];
        };
        /** @description The state of a Chatwoot account: of calls to it, and of its events. */
        AccountState: {
            /** @description Address of the installation. */
            baseUrl: string;
            breaker: components["schemas"]["Breaker"];
            /**
             * Format: int64
             * @description Number of the account in the installation.
             */
            chatwootAccountId: number;
            id: components["schemas"]["AccountKey"];
            inbound?: components["schemas"]["Queue"] | null;
            journal?: components["schemas"]["Queue"] | null;
            /** @description Name of the account, for people. */
            name?: string | null;
            /** @description Commands that wait to be carried out. */
            outbound: components["schemas"]["Queue"];
            rate?: components["schemas"]["Rate"] | null;
            reconciliation?: components["schemas"]["Comparison"] | null;
            /**
             * @description Webhooks that the receivers refused in the last hour, or since they were started; null
             *     while no receiver says so.
             */
            refused?: components["schemas"]["RefusedWebhooks"][] | null;
        };
        /** @description The tenant's Chatwoot accounts. */
        AccountStateList: {
            data: components["schemas"]["AccountState"][];
        };
        /**
         * @description One line of the timeline. What is stored of it can never change; the state of things, names
         *     included, is in their own rows.
         */
        Activity: {
            about?: components["schemas"]["About"] | null;
            accountId?: components["schemas"]["AccountKey"] | null;
            actor?: components["schemas"]["Actor"] | null;
            conversationId?: components["schemas"]["ConversationId"] | null;
            /** @description Facts of this type of activity. */
            data: Record<string, unknown>;
            /** @description The same for every telling of the same thing. */
            id: components["schemas"]["ActivityId"];
            /**
             * Format: date-time
             * @description When it happened.
             */
            occurredAt: string;
            /**
             * @description Where it was done: `chatwoot` or `axis`.
             * @example chatwoot
             */
            source: string;
            /**
             * @description `message_created`, `conversation_status_changed`, …
             * @example message_created
             */
            type: string;
        };
        /**
         * Format: uuid
         * @description One line of the activity timeline.
         */
        ActivityId: string;
        /** @description A page of the timeline. */
        ActivityList: {
            data: components["schemas"]["Activity"][];
            page: components["schemas"]["Page"];
            position: components["schemas"]["Snapshot"];
        };
        /**
         * @description What to do with a dead letter.
         * @example {
         *       "dryRun": true
         *     }
         */
        ActOnDeadLetter: {
            /** @description Whether only to say what would be done. */
            dryRun?: boolean;
        };
        /** @description Who did something. */
        Actor: {
            /** @description Id among those of its type. */
            id?: string | null;
            /** @description Display name. */
            name?: string | null;
            /**
             * @description `contact`, `user`, `agent_bot`, `member` (a person of this workspace),
             *     `api_key` (a machine of this workspace), `system`.
             * @example user
             */
            type: string;
        };
        /** @description A claim that is to mean the tenant. */
        AddTenantClaim: {
            /**
             * @description What the OpenID provider says of the tenant's people, exactly: at most 255 bytes, without
             *     control characters.
             * @example Acme Ltd.
             */
            claim: string;
        };
        /** @description A person on our side. */
        Agent: {
            /** @description The account that knows the agent. */
            accountId: components["schemas"]["AccountKey"];
            /** @description `online`, `busy` or `offline` when Chatwoot was last asked. */
            availability?: string | null;
            /** @description The name that customers see. */
            availableName?: string | null;
            /**
             * Format: int64
             * @description Number of the user in the Chatwoot installation.
             */
            chatwootId: number;
            /** @description Whether the invitation was accepted. */
            confirmed?: boolean | null;
            /** @description E-mail address. */
            email?: string | null;
            /** @description Full name. */
            name?: string | null;
            /** @description `agent`, `administrator`, or another role of the installation. */
            role?: string | null;
            /** @description Address of a picture. */
            thumbnail?: string | null;
            /**
             * Format: date-time
             * @description When this row last changed here.
             */
            updatedAt: string;
        };
        /** @description Agents by name. Those who have not accepted their invitation are left out. */
        AgentList: {
            data: components["schemas"]["ListedAgent"][];
            page?: components["schemas"]["Rest"] | null;
        };
        /**
         * @description A row that an announcement may carry.
         * @enum {string}
         */
        AnnouncedRow: "conversation" | "message" | "approval";
        /**
         * @description An activity, and the rows it is about as they were when it was announced, so that a screen can
         *     show the change without asking. If it would be longer than 64 KiB, it lacks rows, the largest first: `omitted` names
         *     them. Read them.
         */
        Announcement: components["schemas"]["Activity"] & components["schemas"]["Subject"] & {
            /** @description Id of the trace that it is part of, from its cause to the screens; missing if none is known. */
            traceId?: string;
        };
        /** @enum {string} */
        Answering: "well" | "slowly" | "paused" | "silent";
        /** @description A key for a machine, without its secret. */
        ApiKey: {
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /**
             * @description Who created it.
             * @example member dev-admin
             */
            createdBy: string;
            /**
             * Format: date-time
             * @description When it expires; null if never.
             */
            expiresAt?: string | null;
            /** @description Id of the key; not the key itself. */
            id: components["schemas"]["ApiKeyId"];
            /**
             * Format: date-time
             * @description When it was last used, to the minute; null if never.
             */
            lastUsedAt?: string | null;
            /**
             * @description What the key is for.
             * @example nightly export
             */
            name: string;
            /** @description What the key may do. */
            permissions: components["schemas"]["Permission"][];
            /**
             * Format: date-time
             * @description When it was revoked; null if it was not.
             */
            revokedAt?: string | null;
        };
        /**
         * Format: uuid
         * @description An API key; not the key itself, which is a secret.
         */
        ApiKeyId: string;
        /** @description Keys, newest first, including revoked and expired ones. */
        ApiKeyList: {
            data: components["schemas"]["ApiKey"][];
            page: components["schemas"]["Page"];
        };
        /** @description A request that somebody decides, or has decided. */
        Approval: {
            about?: components["schemas"]["About"] | null;
            /** @description The conversation it is about. */
            conversationId: components["schemas"]["ConversationId"];
            /**
             * Format: date-time
             * @description When it was asked.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it was decided or withdrawn.
             */
            decidedAt?: string | null;
            /** @description Who decided or withdrew it. */
            decidedBy?: string | null;
            /** @description Who decided or withdrew it, as the id of an activity's actor. */
            decidedById?: string | null;
            /** @description What decided or withdrew: `member`, or `api_key` for a machine. */
            decidedByType?: string | null;
            /** @description The decider's words. */
            decision?: string | null;
            /** @description The text that went out instead of the proposed one, if who approved it edited it. */
            editedContent?: string | null;
            /** @description Its id. */
            id: components["schemas"]["ApprovalId"];
            /**
             * Format: date-time
             * @description The customer's newest message.
             */
            lastHeardAt?: string | null;
            messageId?: components["schemas"]["MessageId"] | null;
            /** @description What was asked, frozen. */
            metadata: Record<string, unknown>;
            /** @description Why it was asked. */
            reason: string;
            /** @description Who asked. */
            requestedBy: string;
            /** @description Who asked, as the id of an activity's actor; they may not decide. */
            requestedById?: string | null;
            /** @description What asked: `member`, or `api_key` for a machine. */
            requestedByType?: string | null;
            /**
             * @description The conversation as it was when it was asked: its status, priority, assignee, team, labels
             *     and custom attributes, and its newest message.
             */
            snapshot: Record<string, unknown>;
            /** @description It waits for a decision, and the customer has written since it was asked. */
            stale: boolean;
            /**
             * @description `submitted`, `approved`, `rejected` or `withdrawn`.
             * @example submitted
             */
            status: string;
            /**
             * @description `escalation`, `proposed_reply`, `refund`, `discount`, …
             * @example escalation
             */
            type: string;
            /**
             * Format: date-time
             * @description When it last changed.
             */
            updatedAt: string;
        };
        /**
         * Format: uuid
         * @description An approval.
         */
        ApprovalId: string;
        /** @description Approvals, newest first. */
        ApprovalList: {
            data: components["schemas"]["Approval"][];
            page: components["schemas"]["Page"];
            position: components["schemas"]["Snapshot"];
        };
        /** @description The user or bot in charge. */
        Assignee: {
            /**
             * Format: int64
             * @description Number in Chatwoot.
             */
            id: number;
            /** @description Display name. */
            name?: string | null;
            /**
             * @description `user` or `agent_bot`.
             * @example user
             */
            type: string;
        };
        /** @description A file, a place or a card that comes with a message, as clients see it. */
        Attachment: {
            /**
             * Format: int64
             * @description Number in Chatwoot; none until Chatwoot has it.
             * @default null
             */
            chatwootId?: number | null;
            /**
             * @description Media type, where it is known.
             * @default null
             * @example image/png
             */
            contentType?: string | null;
            /**
             * @description Name of the file.
             * @default null
             * @example scratch.png
             */
            fileName?: string | null;
            /**
             * Format: int64
             * @description Bytes.
             * @default null
             */
            fileSize?: number | null;
            /**
             * @description `image`, `audio`, `video`, `file`, `location`, `fallback`, `contact`, …
             * @default
             * @example image
             */
            fileType?: string;
            /**
             * Format: int64
             * @description Pixels.
             * @default null
             */
            height?: number | null;
            /** @default null */
            id?: components["schemas"]["AttachmentId"] | null;
            /**
             * Format: double
             * @description Degrees.
             * @default null
             */
            latitude?: number | null;
            /**
             * @description Where it is on the web, if Chatwoot has no copy of it: posts, links, what came by Instagram, a place's page.
             * @default null
             */
            link?: string | null;
            /**
             * Format: double
             * @description Degrees.
             * @default null
             */
            longitude?: number | null;
            /**
             * @description Where the API serves a small picture of it.
             * @default null
             */
            thumbUrl?: string | null;
            /**
             * @description Name or address in words, for places and cards.
             * @default null
             */
            title?: string | null;
            /**
             * @description What was said, for audio.
             * @default null
             */
            transcript?: string | null;
            /**
             * @description Where the API serves the file, to those who may read the conversation; none without a file.
             * @default null
             * @example /api/v1/attachments/0199b6d3-6f52-7d2f-a6f5-0a5c3f2f8f11
             */
            url?: string | null;
            /**
             * Format: int64
             * @description Pixels.
             * @default null
             */
            width?: number | null;
        };
        /**
         * Format: uuid
         * @description A file, a place or a card of a message.
         */
        AttachmentId: string;
        /**
         * Format: uuid
         * @description One row of the audit.
         */
        AuditId: string;
        /** @description Deeds, newest first. */
        AuditList: {
            data: components["schemas"]["Deed"][];
            page: components["schemas"]["Page"];
        };
        /** @description Whether calls to an account are let through. */
        Breaker: {
            /**
             * Format: int32
             * @description Calls in a row that got no answer.
             */
            failures: number;
            state: components["schemas"]["BreakerState"];
            /**
             * Format: date-time
             * @description When `open`, the end of the rest; on `trial`, until when its outcome is awaited. Null if `closed`.
             */
            until?: string | null;
        };
        /** @enum {string} */
        BreakerState: "closed" | "open" | "trial";
        /**
         * @description Whether a caller is a person or a machine.
         * @enum {string}
         */
        CallerKind: "member" | "api_key";
        /** @description A prepared answer. */
        CannedResponse: {
            /** @description The account that has it. */
            accountId: components["schemas"]["AccountKey"];
            /**
             * Format: int64
             * @description Number in the Chatwoot installation.
             */
            chatwootId: number;
            /** @description Text. */
            content: string;
            /** @description What an agent types to get it. */
            shortCode: string;
            /**
             * Format: date-time
             * @description When this row last changed here.
             */
            updatedAt: string;
        };
        /** @description Canned responses, by short code. */
        CannedResponseList: {
            data: components["schemas"]["CannedResponse"][];
            page?: components["schemas"]["Rest"] | null;
        };
        /** @description A team that conversations can be given to. */
        CatalogueTeam: {
            /** @description The account that has it. */
            accountId: components["schemas"]["AccountKey"];
            /**
             * Format: int64
             * @description Number in the Chatwoot installation.
             */
            chatwootId: number;
            /** @description What it is for. */
            description?: string | null;
            /** @description Name. */
            name?: string | null;
            /**
             * Format: date-time
             * @description When this row last changed here.
             */
            updatedAt: string;
        };
        /** @description How a Chatwoot account answers. */
        ChatwootState: {
            accountId: components["schemas"]["AccountKey"];
            /**
             * Format: int64
             * @description Number of the account in the installation.
             */
            chatwootAccountId: number;
            /** @description Name of the account, for people. */
            name?: string | null;
            state: components["schemas"]["Answering"];
            /**
             * Format: int64
             * @description Replies and changes that wait for the account, without those that can still be undone.
             */
            waiting: number;
            /**
             * Format: date-time
             * @description Since when the oldest of them has waited; null if none waits.
             */
            waitingSince?: string | null;
        };
        /** @description How the tenant's Chatwoot accounts answer. */
        ChatwootStateList: {
            data: components["schemas"]["ChatwootState"][];
        };
        /** @description The state of an account's webhook in Chatwoot. */
        CheckedWebhook: {
            /** @description Whether it subscribes to all events, and to no others. */
            complete: boolean;
            /**
             * @description Addresses of other webhooks that post to this account here as well. Every event then comes
             *     more than once, which costs time but does no harm.
             */
            duplicates: string[];
            /** @description Whether that is the receiver's address, as far as the API knows it. */
            placed: boolean;
            /** @description Whether Chatwoot has the webhook. */
            registered: boolean;
            /** @description Whether Chatwoot signs with the secret that is known here. */
            signed: boolean;
            /** @description Address that it posts to; null if Chatwoot does not have it. */
            url?: string | null;
        };
        /** @description How far an account has been compared with Chatwoot. */
        Comparison: {
            /**
             * Format: int64
             * @description Rows of history that were imported.
             */
            broughtIn: number;
            /**
             * Format: int64
             * @description Rows that were found missing, different or gone since then.
             */
            driftFound: number;
            /**
             * Format: int64
             * @description How many of these are repaired or being repaired.
             */
            driftRepaired: number;
            /**
             * Format: int32
             * @description Comparisons in a row that failed.
             */
            failures: number;
            /** @description Why the last one failed; null if it did not. */
            lastError?: string | null;
            /**
             * Format: date-time
             * @description When recent changes are compared next.
             */
            sweepDueAt: string;
            /**
             * Format: date-time
             * @description Everything that changed before then has been compared once.
             */
            sweptTo?: string | null;
            /** @description Whether it is being compared at this moment. */
            underWay: boolean;
            /**
             * @description What Chatwoot could not answer since the last walk began, and why: it was left out, and is asked for again by the
             *     next walk. At most 20.
             * @example [
             *       "message 7 of conversation 42: …"
             *     ]
             */
            unread: string[];
            /**
             * Format: int64
             * @description Conversations that the walk has passed.
             */
            walkDone: number;
            /**
             * Format: date-time
             * @description When a walk last came to its end.
             */
            walkedAt?: string | null;
            /**
             * Format: int64
             * @description Conversations in all, as Chatwoot says.
             */
            walkTotal?: number | null;
            /** @description Whether a walk through everything has begun and not ended. */
            walkUnderWay: boolean;
        };
        /** @description An account to connect. */
        ConnectAccount: {
            /**
             * Format: int64
             * @description Number of the account in the installation.
             * @example 1
             */
            chatwootAccountId: number;
            /**
             * @description Scheme and host of the installation: `https`, at a public address.
             * @example https://chat.example.com
             */
            chatwootUrl: string;
            /**
             * @description Name of the account, for people. If not given, it stays as it was; a new account gets the
             *     name that Chatwoot has.
             */
            name?: string | null;
            /**
             * @description Scheme and host under which people open it, if that is another address. If not given, it
             *     stays as it was.
             * @example https://support.example.com
             */
            screenUrl?: string | null;
            /**
             * Format: password
             * @description The access token of an administrator of the account. It is kept sealed and never shown.
             * @example an administrator's access token
             */
            token: string;
        };
        /** @description A connected account. */
        ConnectedAccount: {
            account: components["schemas"]["Account"];
            /** @description Why Chatwoot does not call us yet; null if it does. */
            webhookTrouble?: string | null;
        };
        /** @description A person who writes to the company. */
        Contact: {
            /** @description The account that knows the person. */
            accountId: components["schemas"]["AccountKey"];
            /** @description Chatwoot's attributes. */
            additionalAttributes: Record<string, unknown>;
            /** @description Whether the company blocked the person in Chatwoot. */
            blocked: boolean;
            /**
             * Format: int64
             * @description Number in the Chatwoot installation.
             */
            chatwootId: number;
            /** @description The company's attributes. */
            customAttributes: Record<string, unknown>;
            /** @description E-mail address. */
            email?: string | null;
            /** @description Our id. */
            id: components["schemas"]["ContactId"];
            /** @description The company's own id of the person. */
            identifier?: string | null;
            /** @description Display name. */
            name?: string | null;
            /** @description E.164 number. */
            phoneNumber?: string | null;
            /** @description Address of a picture. */
            thumbnail?: string | null;
            /**
             * Format: date-time
             * @description When this row last changed here.
             */
            updatedAt: string;
        };
        /**
         * Format: uuid
         * @description A contact.
         */
        ContactId: string;
        /** @description A conversation with a customer. */
        Conversation: {
            /** @description The Chatwoot account it belongs to. */
            accountId: components["schemas"]["AccountKey"];
            /** @description A request for approval about it waits for a decision. */
            approvalPending?: boolean;
            assignee?: components["schemas"]["Assignee"] | null;
            /** @description The channel's reply window is open. */
            canReply?: boolean | null;
            /**
             * @description `Channel::…`, as Chatwoot names it.
             * @example Channel::WebWidget
             */
            channel?: string | null;
            /**
             * Format: int64
             * @description Number within the Chatwoot account, as agents know it.
             */
            chatwootId: number;
            /**
             * @description Where people open it in Chatwoot's own screen; what was told before this was known lacks it.
             * @example https://chat.example.com/app/accounts/1/conversations/7
             */
            chatwootUrl?: string | null;
            contact?: components["schemas"]["ConversationContact"] | null;
            /**
             * Format: date-time
             * @description When Chatwoot created it.
             */
            createdAt: string;
            /** @description The company's attributes. */
            customAttributes: Record<string, unknown>;
            /** @description Chatwoot does not have it any more: nothing can be done in it. */
            deleted?: boolean;
            /**
             * Format: date-time
             * @description An agent's first answer.
             */
            firstReplyAt?: string | null;
            /** @description Our id; it survives a rebuild of the database. */
            id: components["schemas"]["ConversationId"];
            /**
             * Format: int64
             * @description Number of the inbox in Chatwoot.
             */
            inboxId?: number | null;
            /** @description Labels, sorted. */
            labels: string[];
            /**
             * Format: date-time
             * @description When something last happened in it.
             */
            lastActivityAt: string;
            lastMessage?: components["schemas"]["MessagePreview"] | null;
            /**
             * @description Fields that show what somebody here wants and that Chatwoot has not confirmed yet: `status`,
             *     `priority`, `assignee`, `team`, `labels`, `customAttributes`.
             */
            pendingChanges?: string[];
            /**
             * @description `low`, `medium`, `high`, `urgent`, or none.
             * @example high
             */
            priority?: string | null;
            /**
             * @description A reply or note failed, and nobody has seen to it: it was not sent again, discarded or deleted, and
             *     no agent's reply that was written after the failure has gone out.
             */
            replyFailed?: boolean;
            /**
             * Format: date-time
             * @description What the customer wrote later than this no agent has seen; null: nothing of it.
             */
            seenUntil?: string | null;
            /**
             * Format: date-time
             * @description Snoozed until then.
             */
            snoozedUntil?: string | null;
            /**
             * @description `open`, `resolved`, `pending`, `snoozed`, or another status of the installation.
             * @example open
             */
            status: string;
            team?: components["schemas"]["Team"] | null;
            /**
             * Format: int64
             * @description Messages of the customer that no agent has seen; ten may be more than ten.
             */
            unreadCount: number;
            /**
             * Format: date-time
             * @description When this row last changed here; it is the entity tag too.
             */
            updatedAt: string;
            /**
             * Format: date-time
             * @description The customer waits since then.
             */
            waitingSince?: string | null;
        };
        /** @description The customer, as far as a list needs. */
        ConversationContact: {
            /** @description Our id. */
            id: components["schemas"]["ContactId"];
            /** @description Display name. */
            name?: string | null;
            /** @description Address of a picture. */
            thumbnail?: string | null;
        };
        /**
         * Format: uuid
         * @description A conversation.
         */
        ConversationId: string;
        /** @description A page of the list. */
        ConversationList: {
            data: components["schemas"]["Conversation"][];
            page: components["schemas"]["Page"];
            position: components["schemas"]["Snapshot"];
        };
        /**
         * @description Why counting ended.
         * @enum {string}
         */
        CountingEnded: "done" | "most" | "time";
        /** @description A key to create. */
        CreateApiKey: {
            /**
             * Format: date-time
             * @description When the key expires; if not given, never. A key that expires can only create keys that
             *     expire no later.
             */
            expiresAt?: string | null;
            /**
             * @description What the key is for; not only blanks.
             * @example nightly export
             */
            name: string;
            /** @description What the key may do. With `roles`, it must be at least one thing. */
            permissions?: components["schemas"]["Permission"][];
            /**
             * @description The key may also do what these roles may.
             * @example [
             *       "viewer"
             *     ]
             */
            roles?: components["schemas"]["Role"][];
        };
        /** @description Something that somebody else has to approve. */
        CreateApproval: {
            /** @description The conversation that it is about. */
            conversationId: components["schemas"]["ConversationId"];
            /**
             * @description What exactly is asked for, at most 64 KiB of JSON. For `proposed_reply`, the fields of a
             *     message: `content`, which does not count, `private` and `inReplyTo`.
             */
            metadata?: Record<string, unknown>;
            /**
             * @description Why it is asked for; not only blanks.
             * @example The parcel arrived broken.
             */
            reason: string;
            /**
             * @description `refund`, `discount`, or another word of the company's: lower-case letters, digits, `_` and
             *     `-`. `proposed_reply` has a meaning: once it is approved, the reply in its metadata is sent.
             * @example refund
             */
            type: string;
        };
        /** @description A canned response to create. */
        CreateCannedResponse: {
            accountId?: components["schemas"]["AccountKey"] | null;
            /**
             * @description The text; not only blanks.
             * @example Your parcel left today.
             */
            content: string;
            /**
             * @description What an agent types to get it. Must not be blank, nor begin or end with a blank.
             * @example parcel
             */
            shortCode: string;
        };
        /** @description A created key. */
        CreatedApiKey: {
            key: components["schemas"]["ApiKey"];
            /**
             * @description The key itself, for `Authorization: Bearer …`. It is shown here and never again.
             * @example axis_key_5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
             */
            token: string;
        };
        /** @description A label to create. */
        CreateLabel: {
            accountId?: components["schemas"]["AccountKey"] | null;
            /**
             * @description Its colour as `#rrggbb`. If not given, Chatwoot chooses.
             * @example #1f93ff
             */
            color?: string | null;
            /** @description What the label is for. */
            description?: string | null;
            /** @description Whether Chatwoot's own screen lists it; false if not given. */
            showOnSidebar?: boolean | null;
            /**
             * @description What conversations name it by: letters, digits, `-` and `_`. Chatwoot turns capitals into
             *     lower-case letters.
             * @example late-parcel
             */
            title: string;
        };
        /** @description A message to send. */
        CreateMessage: {
            /**
             * @description The client's own id for the message: sent again under the same one, it is the same message.
             *     Must not begin with `approval:`.
             */
            clientId?: string | null;
            /**
             * @description The text; not only blanks.
             * @example Your parcel left today.
             */
            content: string;
            inReplyTo?: components["schemas"]["MessageId"] | null;
            /** @description Whether it is a note, which only the team sees. */
            private?: boolean;
        };
        /** @description A message to send as a form, with files. Text may be left out if there are files. */
        CreateMessageWithFiles: {
            /** @description Up to 15 files, of at most 40 MiB each and 100 MiB together. */
            "attachments[]": string[];
            /**
             * @description The client's own id for the message: sent again under the same one, it is the same message.
             *     Must not begin with `approval:`.
             */
            clientId?: string | null;
            /**
             * @description The text.
             * @example Here is the label.
             */
            content?: string | null;
            inReplyTo?: components["schemas"]["MessageId"] | null;
            /** @description Whether it is a note, which only the team sees: `true` or `false`. */
            private?: boolean | null;
        };
        /** @description A tenant to create. */
        CreateTenant: {
            /**
             * @description Short name, which never changes.
             * @example acme
             */
            id: string;
            /**
             * @description Name for people, not only blanks. If not given, the short one.
             * @example Acme Ltd
             */
            name?: string | null;
        };
        /** @description A message that could not be processed, without its content. */
        DeadLetter: {
            accountId?: components["schemas"]["AccountKey"] | null;
            /**
             * Format: date-time
             * @description When it was given up.
             */
            at: string;
            /**
             * @description Consumer that could not process it.
             * @example sync-worker
             */
            consumer: string;
            /** @description The failure in words, with what it quotes masked. */
            detail: string;
            /**
             * @description Name of the event or command.
             * @example message_created
             */
            event?: string | null;
            id: components["schemas"]["DeadLetterId"];
            /**
             * @description Kind of failure, in a word.
             * @example undecodable
             */
            reason: string;
            /**
             * Format: int64
             * @description Position among all dead letters, by which `axis dead-letters` names it.
             */
            sequence: number;
            /**
             * @description Stream that it was read from.
             * @example INBOUND
             */
            stream: string;
            /**
             * Format: int64
             * @description Position in that stream.
             */
            streamSequence: number;
            /** @description Subject of the message. */
            subject: string;
        };
        /** @description What became of a dead letter. */
        DeadLetterActedOn: {
            deadLetter: components["schemas"]["DeadLetter"];
            /** @description Whether this was a dry run, in which nothing is done. */
            dryRun: boolean;
            outcome: components["schemas"]["Outcome"];
            /**
             * Format: int64
             * @description New position in its own stream; null if it was not sent there again.
             */
            sequence?: number | null;
        };
        /** @description A dead letter with its content. */
        DeadLetterContent: components["schemas"]["DeadLetter"] & {
            /** @description Size of its content, in bytes. */
            bytes: number;
            /** @description Its headers. Those that are not ours are masked. */
            headers: Record<string, unknown>;
            /** @description The structure of its content, with all texts masked that may be personal. */
            payload: unknown;
        };
        /**
         * Format: uuid
         * @description Names a dead letter by when it died and by its position, so that another letter that later gets
         *     the position is not taken for it.
         */
        DeadLetterId: string;
        /** @description Dead letters, newest first. */
        DeadLetterList: {
            data: components["schemas"]["DeadLetter"][];
            page: components["schemas"]["Page"];
        };
        /**
         * @description A decision.
         * @example {
         *       "decision": "Refund it.",
         *       "status": "approved"
         *     }
         */
        Decide: {
            /** @description A text to send instead of the proposed one. Only when approving a `proposed_reply`. */
            content?: string | null;
            /** @description The reason, in words. */
            decision?: string | null;
            /** @description What is decided. */
            status: components["schemas"]["Verdict"];
        };
        /** @description Something that was done to the tenant or its data. */
        Deed: {
            accountId?: components["schemas"]["AccountKey"] | null;
            /**
             * @description What was done.
             * @example api-keys create
             */
            action: string;
            /**
             * @description Who did it.
             * @example member dev-admin
             */
            actor: string;
            /**
             * Format: date-time
             * @description When it was recorded.
             */
            at: string;
            /**
             * Format: int64
             * @description How many things it was done to, if they can be counted.
             */
            count?: number | null;
            /** @description What else is known, such as `why`, `before` and `after`. */
            details: Record<string, unknown>;
            id: components["schemas"]["AuditId"];
            /**
             * @description Where: `api`, or `axis`, the operators' tool.
             * @example api
             */
            source: string;
            /**
             * @description To what.
             * @example api key 0199f1a0-0000-7000-8000-000000000000
             */
            target: string;
        };
        /**
         * @description How far a message got on its way to the customer.
         *
         *     ```text
         *     queued ─► sending ─┬─► sent ─► delivered ─► read
         *        ▲               ├─► retrying ─► sending …
         *        └── undo        ├─► unknown ─► sent, or sending again
         *                        └─► failed ─► (retry by a person) queued, or unknown
         *     ```
         * @enum {string}
         */
        DeliveryState: "queued" | "sending" | "sent" | "delivered" | "read" | "retrying" | "failed" | "unknown";
        /** @description An account that is no longer served. */
        DisconnectedAccount: {
            account: components["schemas"]["Account"];
            /** @description Whether the webhook was removed from Chatwoot. If not, remove it there. */
            webhookRemoved: boolean;
        };
        /** @description What somebody has begun to write. */
        Draft: {
            /** @description The text so far. */
            content: string;
            /** @description The conversation that it is for. */
            conversationId: components["schemas"]["ConversationId"];
            /** @description Whether it is a note. */
            private: boolean;
            /**
             * Format: date-time
             * @description When it was saved.
             */
            updatedAt: string;
        };
        /** @description Drafts, newest first. */
        DraftList: {
            data: components["schemas"]["Draft"][];
            page: components["schemas"]["Page"];
        };
        /** @description Why a conversation is escalated. */
        Escalate: {
            /** @description What else should be known, at most 64 KiB of JSON. */
            metadata?: Record<string, unknown>;
            /**
             * @description The reason; not only blanks.
             * @example The customer threatens to leave.
             */
            reason: string;
        };
        /** @description How many events have a name. */
        EventCount: {
            /** Format: int64 */
            count: number;
            /** @example message_created */
            event: string;
        };
        /** @description What is wrong with one field. */
        FieldError: {
            /**
             * @description Name of the field in the body or query string.
             * @example content
             */
            field: string;
            /**
             * @description What is wrong with its value.
             * @example must not be blank
             */
            message: string;
        };
        /** @description A way by which customers write. */
        Inbox: {
            /** @description The account that has it. */
            accountId: components["schemas"]["AccountKey"];
            /** @description `Channel::…`, as Chatwoot names it. */
            channel?: string | null;
            /**
             * Format: int64
             * @description Number in the Chatwoot installation.
             */
            chatwootId: number;
            /** @description Name. */
            name?: string | null;
            /**
             * Format: date-time
             * @description When this row last changed here.
             */
            updatedAt: string;
        };
        /** @description Inboxes, the ways by which customers write, by name. */
        InboxList: {
            data: components["schemas"]["Inbox"][];
            page?: components["schemas"]["Rest"] | null;
        };
        /** @description A label that conversations can bear. */
        Label: {
            /** @description The account that has it. */
            accountId: components["schemas"]["AccountKey"];
            /**
             * Format: int64
             * @description Number in the Chatwoot installation.
             */
            chatwootId: number;
            /** @description `#rrggbb`. */
            color?: string | null;
            /** @description What it is for. */
            description?: string | null;
            /** @description Whether Chatwoot's own screen lists it. */
            showOnSidebar?: boolean | null;
            /** @description What conversations name it by. */
            title: string;
            /**
             * Format: date-time
             * @description When this row last changed here.
             */
            updatedAt: string;
        };
        /** @description Labels that conversations can bear, by title. */
        LabelList: {
            data: components["schemas"]["Label"][];
            page?: components["schemas"]["Rest"] | null;
        };
        /** @description Which user of an account's Chatwoot the caller is: the one as whom their replies and notes go out. */
        Link: {
            /** @description The account. */
            accountId: components["schemas"]["AccountKey"];
            /**
             * @description Name of the account, for people.
             * @example Acme Support
             */
            accountName?: string | null;
            /**
             * Format: int64
             * @description Number of the account in the installation.
             * @example 1
             */
            chatwootAccountId: number;
            /**
             * @description Address at which people open the installation.
             * @example https://chat.example.com
             */
            chatwootUrl: string;
            /**
             * Format: date-time
             * @description When it was linked.
             */
            linkedAt?: string | null;
            /**
             * Format: date-time
             * @description Since when Chatwoot has refused the token, which was then deleted: what the caller writes goes out as
             *     the owner of the account's token until they link another one. Null if it was not refused.
             */
            refusedAt?: string | null;
            /**
             * Format: int64
             * @description Number of the user in Chatwoot. Null if the caller has not linked one: what they write then
             *     goes out as the owner of the account's token.
             * @example 7
             */
            userId?: number | null;
            /**
             * @description Name of that user when it was linked.
             * @example Ada Example
             */
            userName?: string | null;
        };
        /** @description The tenant's accounts, and which of their users the caller is. */
        LinkList: {
            data: components["schemas"]["Link"][];
        };
        /** @description An agent. */
        ListedAgent: components["schemas"]["Agent"] & {
            /** @description Whether this agent is the caller: the one with the e-mail address that the caller's token vouches for. */
            you: boolean;
        };
        /** @description An ephemeral event; nobody who was not listening will ever hear of it. */
        Live: {
            /** @description The id of a member, so that clients tell their own person. */
            actorId?: string | null;
            /** @description `contact`, `user`, `agent_bot`, `member` (a person of this workspace). */
            actorType: string;
            /** @description Where. */
            conversationId: components["schemas"]["ConversationId"];
            /** @description The typist's name. */
            name?: string | null;
            /** @description Began, or stopped. */
            on: boolean;
            /** @description It is a note. */
            private: boolean;
            /** @enum {string} */
            type: "typing";
        } | {
            /** @description Who. */
            actorId: string;
            /** @description Where. */
            conversationId: components["schemas"]["ConversationId"];
            /** @description The person's name. */
            name?: string | null;
            /** @description `viewing`, `replying` or `away`. */
            state: components["schemas"]["PresenceState"];
            /** @enum {string} */
            type: "presence";
        };
        /** @description The caller. */
        Me: {
            /**
             * @description Id of the caller within the tenant.
             * @example dev-admin
             */
            id: string;
            /** @description Whether the caller is a person or a machine. */
            kind: components["schemas"]["CallerKind"];
            /**
             * @description Name of the caller, for people.
             * @example Dev Admin
             */
            name: string;
            /** @description What the caller may do. */
            permissions: components["schemas"]["Permission"][];
            /** @description The tenant whose rows the caller sees. */
            tenantId: components["schemas"]["TenantId"];
        };
        /** @description One message of a conversation, a note included. */
        Message: {
            /** @description Files and places. */
            attachments: components["schemas"]["Attachment"][];
            /**
             * Format: int32
             * @description Number of tries so far, for what was written here.
             */
            attempts: number;
            author?: components["schemas"]["Actor"] | null;
            /**
             * Format: int64
             * @description Number in the Chatwoot installation; none until Chatwoot has it.
             */
            chatwootId?: number | null;
            /** @description The client's own id of it, to recognise its optimistic copy. */
            clientId?: string | null;
            /** @description The text. */
            content?: string | null;
            /** @description Chatwoot's attributes of the content: mail, forms, quotes. */
            contentAttributes: Record<string, unknown>;
            /**
             * @description `text`, `incoming_email`, `cards`, …
             * @example text
             */
            contentType: string;
            /** @description The conversation it belongs to. */
            conversationId: components["schemas"]["ConversationId"];
            /**
             * Format: date-time
             * @description When it was written.
             */
            createdAt: string;
            /** @description Deleted in Chatwoot; the text is gone. */
            deleted: boolean;
            /** @description Our id, the same before and after Chatwoot has it. */
            id: components["schemas"]["MessageId"];
            /**
             * Format: int32
             * @description How many tries there will be at most until it counts as failed, while it is sending, retrying or
             *     unknown, from the first try on; none after a try that does not count, for which Chatwoot could not be
             *     reached or asked to come later.
             * @example 12
             */
            maxAttempts?: number | null;
            /**
             * @description `incoming`, `outgoing`, `activity`, `template`.
             * @example outgoing
             */
            messageType: string;
            /**
             * Format: date-time
             * @description When the next try is due, while retrying or queued.
             */
            nextAttemptAt?: string | null;
            /** @description Only the team sees it. */
            private: boolean;
            sender?: components["schemas"]["Sender"] | null;
            state?: components["schemas"]["DeliveryState"] | null;
            /** @description Why it is not further, in words, when it is retrying, failed or unknown. */
            stateReason?: string | null;
            /**
             * Format: date-time
             * @description When this row last changed here.
             */
            updatedAt: string;
        };
        /**
         * Format: uuid
         * @description A message, ours or Chatwoot's.
         */
        MessageId: string;
        /** @description Messages, oldest first. */
        MessageList: {
            data: components["schemas"]["Message"][];
            page: components["schemas"]["MessagePage"];
            position: components["schemas"]["Snapshot"];
        };
        /** @description The place of the messages in their conversation. */
        MessagePage: {
            /** @description Whether there are more: older ones, or newer ones if `after` was given. */
            hasMore: boolean;
            /**
             * Format: int32
             * @description Most messages per page.
             * @example 25
             */
            limit: number;
        };
        /** @description The line a list shows of the newest message. */
        MessagePreview: {
            /** @description At most 200 characters of the text. */
            content?: string | null;
            /**
             * Format: date-time
             * @description When it was written.
             */
            createdAt: string;
            /** @description It was deleted, or is being deleted. */
            deleted?: boolean;
            /** @description Our id. */
            id: components["schemas"]["MessageId"];
            /** @description `incoming`, `outgoing`, `template`. */
            messageType: string;
            /** @description Only the team sees it. */
            private: boolean;
            state?: components["schemas"]["DeliveryState"] | null;
        };
        /** @description A customer, by name. */
        NamedContact: {
            /** @description Our id. */
            id: components["schemas"]["ContactId"];
            /** @description Display name. */
            name?: string | null;
        };
        /**
         * @description What became of a dead letter, or would.
         * @enum {string}
         */
        Outcome: "would-be-sent" | "sent" | "sent-before" | "would-be-dropped" | "dropped" | "gone";
        /** @description The place of a page in its list. */
        Page: {
            /**
             * Format: int32
             * @description Most rows per page.
             * @example 25
             */
            limit: number;
            /**
             * @description The `cursor` of the next page; null at the end of the list. Missing in lists that are paged
             *     by number only: they end with a page that has fewer rows than its limit.
             */
            nextCursor?: string | null;
            /**
             * Format: int32
             * @description The number of this page. Missing if it was asked for by a cursor.
             * @example 1
             */
            page?: number | null;
        };
        /**
         * @description Something that a caller may do: within their tenant, or, as `tenants:…`, with tenants as a whole.
         * @enum {string}
         */
        Permission: "conversations:read" | "conversations:reply" | "conversations:update" | "catalogue:manage" | "approvals:read" | "approvals:request" | "approvals:decide" | "activity:read" | "operations:read" | "dead-letters:redrive" | "events:replay" | "accounts:reconcile" | "accounts:read" | "accounts:manage" | "api-keys:manage" | "audit:read" | "tenants:read" | "tenants:manage";
        /** @description The pipeline that the tenant's events and commands pass through. */
        Pipeline: {
            /**
             * Format: date-time
             * @description When this was measured.
             */
            at: string;
            /**
             * Format: int64
             * @description How many of the 200 newest dead letters are the tenant's; null while NATS does not answer,
             *     or if they are too far apart to be counted.
             */
            deadLetters?: number | null;
            /** @description The last 60 minutes, oldest first. The last one is still under way. */
            points: components["schemas"]["Point"][];
            /**
             * Format: int64
             * @description How many receivers say what waits in their journals and what they refused; null while none
             *     does, or without an account to ask about.
             */
            receivers?: number | null;
            /**
             * @description The stages from Chatwoot to the screen and back: receiver, inbound, sync, outbound,
             *     chatwoot, activity.
             */
            stages: components["schemas"]["Stage"][];
        };
        /** @description One minute. */
        Point: {
            /**
             * Format: date-time
             * @description When it began.
             */
            at: string;
            /**
             * Format: double
             * @description Median time from the receipt of a webhook to the commit that screens are told of, in milliseconds.
             */
            p50Ms?: number | null;
            /**
             * Format: double
             * @description 95th percentile of that time, in milliseconds.
             */
            p95Ms?: number | null;
            /**
             * Format: double
             * @description 99th percentile of that time, in milliseconds.
             */
            p99Ms?: number | null;
            /**
             * Format: int64
             * @description Webhooks received in it that are processed by now.
             */
            received: number;
        };
        /**
         * @description What somebody does in a conversation.
         * @example {
         *       "state": "viewing"
         *     }
         */
        Presence: {
            /** @description `viewing`, `replying`, or `away` when they leave. */
            state: components["schemas"]["PresenceState"];
        };
        /**
         * @description What somebody does in a conversation.
         * @enum {string}
         */
        PresenceState: "viewing" | "replying" | "away";
        /** @description What went wrong, for programs (`code`, `errors`) and for people (`detail`). */
        Problem: {
            /**
             * @description Stable name of this kind of problem.
             * @example not-found
             */
            code: string;
            /**
             * @description The present state of what the request was about; present if `code` is `changed`, `stale`,
             *     `decided` or `taken`.
             */
            current?: Record<string, unknown> | null;
            /**
             * @description What is wrong with this request, and what to do.
             * @example there is no such conversation
             */
            detail: string;
            /** @description The fields at fault; present if `code` is `invalid`. */
            errors?: components["schemas"]["FieldError"][];
            /**
             * Format: int32
             * @description The HTTP status.
             * @example 404
             */
            status: number;
            /**
             * @description Short name of this kind of problem, for people.
             * @example Not found
             */
            title: string;
            /**
             * @description Id of the request's trace; quote it in a report.
             * @example 4bf92f3577b34da6a3ce929d0e0e4736
             */
            traceId: string;
            /**
             * @description Stable address of this kind of problem; it says what to do about it.
             * @example /problems/not-found
             */
            type: string;
        };
        /** @description A draft to save. */
        PutDraft: {
            /**
             * @description The text so far.
             * @example Your parcel
             */
            content: string;
            /** @description Whether it is a note. A reply that was begun stays beside it. */
            private?: boolean;
        };
        /** @description Who you are in Chatwoot. */
        PutLink: {
            /**
             * Format: password
             * @description Your own access token, from your profile in Chatwoot. It is kept sealed and never shown.
             * @example your access token
             */
            token: string;
        };
        /** @description What waits. */
        Queue: {
            /**
             * Format: date-time
             * @description When the oldest of them came; null if none waits.
             */
            oldestAt?: string | null;
            /**
             * Format: int64
             * @description How many wait.
             */
            pending: number;
        };
        /** @description How many requests an installation allows. */
        Rate: {
            /**
             * Format: double
             * @description Requests that may be made at once.
             */
            available: number;
            /**
             * Format: date-time
             * @description Until when Chatwoot has asked to be left alone; null if it has not.
             */
            pausedUntil?: string | null;
            /**
             * Format: int32
             * @description Requests per minute.
             */
            perMinute: number;
        };
        /**
         * @description How much to compare.
         * @example {
         *       "everything": false
         *     }
         */
        Reconcile: {
            /** @description Whether to go through everything, and not only through what changed lately. */
            everything?: boolean;
        };
        /** @description Webhooks that were refused. */
        RefusedWebhooks: {
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
            /**
             * @description Why, in a word.
             * @example signature
             */
            reason: string;
        };
        /** @description A replay as the audit has it, including those of operators with `axis`. */
        Replay: {
            accountId?: components["schemas"]["AccountKey"] | null;
            /**
             * @description Who asked for it.
             * @example member dev-admin
             */
            by: string;
            /**
             * Format: int64
             * @description How many events were handed to the workers, so far or in all; null if that is not known.
             */
            count?: number | null;
            /**
             * Format: date-time
             * @description When it ended; null if it has not, as far as is known.
             */
            endedAt?: string | null;
            /** @description Id of the audit's entry for its beginning. */
            id: components["schemas"]["AuditId"];
            progress?: components["schemas"]["ReplayProgress"] | null;
            /**
             * @description Why it failed; null if it did not.
             * @example 2 events were removed from INBOUND before the replay came to them
             */
            reason?: string | null;
            /**
             * Format: date-time
             * @description When it began.
             */
            startedAt: string;
            state: components["schemas"]["ReplayState"];
            /** @description Which events, in words. */
            target: string;
        };
        /** @description What a replay would hand to the workers. */
        ReplayCounted: {
            /** @description How many of each name. */
            by: components["schemas"]["EventCount"][];
            /**
             * Format: int64
             * @description Copies that earlier replays made, which it would skip.
             */
            copies: number;
            /**
             * Format: int64
             * @description How many events it would hand to the workers.
             */
            count: number;
            /** @description This was a dry run: nothing was done. */
            dryRun: boolean;
            ended: components["schemas"]["CountingEnded"];
            /**
             * Format: date-time
             * @description Time to begin at in order to see the rest; null if this is all.
             */
            goOnFrom?: string | null;
            /**
             * Format: int64
             * @description Events that no worker could read either.
             */
            unreadable: number;
        };
        /** @description Replays, newest first. */
        ReplayList: {
            data: components["schemas"]["Replay"][];
            page: components["schemas"]["Page"];
        };
        /** @description How far a replay has come. */
        ReplayProgress: {
            /**
             * Format: int64
             * @description How many events it has looked at.
             */
            done: number;
            /**
             * Format: int64
             * @description How many there are to look at, at most. Those that are not to be replayed, such as copies of earlier replays, are
             *     among them.
             */
            total: number;
        };
        /** @enum {string} */
        ReplayState: "running" | "done" | "most" | "interrupted" | "failed" | "lost";
        /** @description Which events to hand to the workers again. */
        ReplayWanted: {
            /** @description The Chatwoot account. */
            accountId: components["schemas"]["AccountKey"];
            /**
             * @description Whether only to count them; true if not given.
             * @default true
             */
            dryRun?: boolean;
            /** @description Only events of this name: `message_created`, …. */
            event?: string | null;
            /**
             * Format: date-time
             * @description Only events that came in at this time or later.
             * @example 2026-03-01T08:00:00Z
             */
            from: string;
            /**
             * Format: int64
             * @description Most events to hand to the workers; 1,000 if not given.
             * @default 1000
             */
            most?: number;
            /**
             * Format: int32
             * @description Most events to hand to the workers per second; 200 if not given.
             * @default 200
             */
            perSecond?: number;
            /**
             * Format: date-time
             * @description Only events that came in before this time. If not given, all that there are now.
             */
            to?: string | null;
        };
        /**
         * @description Where a part of the catalogue goes on. Missing if this is all of the rest, as it is unless that is
         *     larger than 8 MiB.
         */
        Rest: {
            /** @description The `cursor` of the next page. */
            nextCursor: string;
        };
        /**
         * @description What a person is to the company; one may have several.
         * @enum {string}
         */
        Role: "viewer" | "agent" | "approver" | "operator" | "admin";
        /**
         * @description What to replace; at least one of the two.
         * @example {
         *       "webhookSecret": true
         *     }
         */
        RotateAccount: {
            /**
             * Format: password
             * @description A new access token of an administrator.
             */
            token?: string | null;
            /** @description Whether to have Chatwoot sign with a new secret. */
            webhookSecret?: boolean;
        };
        /** @description Who wrote a message. */
        Sender: {
            /**
             * Format: int64
             * @description Number in Chatwoot; none for someone known only here.
             */
            id?: number | null;
            /** @description Display name. */
            name?: string | null;
            /**
             * @description `contact`, `user`, `agent_bot`, or another kind of the installation.
             * @example user
             */
            type: string;
        };
        /** @description What a program in a browser needs to know to sign somebody in. */
        SignIn: {
            /** @enum {string} */
            mode: "dev";
        } | {
            /**
             * @description Client id of the program at the provider.
             * @example shell
             */
            clientId: string;
            /**
             * @description The provider. Its addresses are found by discovery below this one.
             * @example https://id.example.com/realms/axis
             */
            issuer: string;
            /** @enum {string} */
            mode: "oidc";
            /** @description Further parameters of the authorisation request. */
            parameters: {
                [key: string]: string;
            };
            /**
             * @description Scopes to ask the provider for.
             * @example [
             *       "openid"
             *     ]
             */
            scopes: string[];
        };
        /**
         * @description The place in the stream that an answer reflects at least. It is read before the database is:
         *     what has been announced by then has been committed by then.
         */
        Snapshot: {
            /**
             * @description Pass it as `lastEventId` to hear of everything that the answer does not show yet. Null while
             *     the stream cannot be reached.
             * @example 6437a8b2c91f3:1042
             */
            activity?: string | null;
        };
        /** @description A stage of the pipeline. What is null is not known. */
        Stage: {
            /**
             * Format: int64
             * @description Failures of the last hour: webhooks refused (as far as the receivers have been running),
             *     events rejected, commands given up, calls to which Chatwoot gave no good answer.
             */
            errors?: number | null;
            name: components["schemas"]["StageName"];
            /**
             * Format: date-time
             * @description When the oldest of it came.
             */
            oldestAt?: string | null;
            /**
             * Format: int64
             * @description What waits before this stage; for `receiver`, in the receivers' journals.
             */
            pending?: number | null;
            /**
             * Format: double
             * @description What passed per minute, as a mean of the last five. `receiver` and `inbound` count only what
             *     has been processed since.
             */
            perMinute?: number | null;
        };
        /** @enum {string} */
        StageName: "receiver" | "inbound" | "sync" | "outbound" | "chatwoot" | "activity";
        /** @description The rows an announcement carries. */
        Subject: {
            approval?: components["schemas"]["Approval"] | null;
            conversation?: components["schemas"]["Conversation"] | null;
            message?: components["schemas"]["Message"] | null;
            /** @description Which of these were left out because it would be too long with them. */
            omitted?: components["schemas"]["AnnouncedRow"][];
        };
        /** @description A team. */
        Team: {
            /**
             * Format: int64
             * @description Number in Chatwoot.
             */
            id: number;
            /** @description Display name. */
            name?: string | null;
        };
        /** @description Teams that conversations can be given to, by name. */
        TeamList: {
            data: components["schemas"]["CatalogueTeam"][];
            page?: components["schemas"]["Rest"] | null;
        };
        /** @description A company whose people and machines use this installation. */
        Tenant: {
            /**
             * @description What an OpenID provider says of its people. Only keys of the installation and operators set
             *     this: a tenant could take another one's.
             * @example [
             *       "acme"
             *     ]
             */
            claims: string[];
            /**
             * Format: date-time
             * @description When it was created.
             */
            createdAt: string;
            /**
             * @description Short name, which never changes.
             * @example acme
             */
            id: string;
            /**
             * @description Name for people.
             * @example Acme Ltd
             */
            name: string;
        };
        /** @description A claim that means a tenant. */
        TenantClaim: {
            /**
             * @description What the provider says.
             * @example Acme Ltd.
             */
            claim: string;
            /**
             * Format: date-time
             * @description Since when it means this tenant.
             */
            createdAt: string;
            /**
             * @description The tenant that it means.
             * @example acme
             */
            tenantId: string;
        };
        /** @description All claims that mean a tenant. */
        TenantClaimList: {
            data: components["schemas"]["TenantClaim"][];
        };
        /**
         * @description A tenant: 1 to 64 of `a-z`, `0-9`, `-` and `_`, so that it is one token of a subject, safe in a
         *     log line and readable in an address.
         * @example mock-tenant-id
         */
        TenantId: string;
        /** @description Tenants, by their short names. */
        TenantList: {
            data: components["schemas"]["Tenant"][];
            page: components["schemas"]["Page"];
        };
        /** @description A ticket for one live stream. */
        Ticket: {
            /**
             * Format: date-time
             * @description When it expires.
             */
            expiresAt: string;
            /**
             * @description Opens `GET /activity?ticket=…`, once.
             * @example axis_ticket_5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
             */
            ticket: string;
        };
        /** @description Whether somebody types. */
        Typing: {
            /**
             * @description Whether you began to type or stopped.
             * @example true
             */
            on: boolean;
            /** @description Whether it is a note, which the customer is not shown. */
            private?: boolean;
        };
        /**
         * @description What to change. A field that is absent stays as it is.
         * @example {
         *       "labels": [
         *         "billing"
         *       ],
         *       "status": "resolved"
         *     }
         */
        UpdateConversation: {
            /**
             * Format: int64
             * @description Number in Chatwoot of the agent to assign it to, one of `GET /agents`; null assigns it to nobody.
             */
            assigneeId?: number | null;
            /** @description All custom attributes. Those that are not named are removed. */
            customAttributes?: Record<string, unknown> | null;
            /** @description All labels, by titles that `GET /labels` has. Those that are not named are removed. */
            labels?: string[] | null;
            /** @description The new priority; null removes it. */
            priority?: ("low" | "medium" | "high" | "urgent") | null;
            /**
             * Format: date-time
             * @description Only with `snoozed`: until when, in whole seconds. Without it, until the customer writes.
             */
            snoozedUntil?: string | null;
            /** @description The new status. */
            status?: ("open" | "resolved" | "pending" | "snoozed") | null;
            /**
             * Format: int64
             * @description Number in Chatwoot of the team to assign it to, one of `GET /teams`; null assigns it to none.
             */
            teamId?: number | null;
        };
        /** @description What to change. */
        UpdateTenant: {
            /**
             * @description Name for people; not only blanks.
             * @example Acme Ltd
             */
            name: string;
        };
        /**
         * @description What a decider decides.
         * @enum {string}
         */
        Verdict: "approved" | "rejected";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_accounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The accounts */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountList"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `accounts:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    connect_account: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectAccount"];
            };
        };
        responses: {
            /** @description The account, which is served from now on */
            201: {
                headers: {
                    /** @description Address of the account */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectedAccount"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `accounts:manage`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `account-taken`: it belongs, or belonged, to another tenant; `account-busy`: somebody else is changing it; `another-key`: its secrets cannot be opened here; `too-many-accounts`: the tenant has as many as it may; `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not, or that Chatwoot does not know: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's key */
                id: components["schemas"]["AccountKey"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `accounts:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disconnect_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's key */
                id: components["schemas"]["AccountKey"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account, which is no longer served */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DisconnectedAccount"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `accounts:manage`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such connected account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `account-busy`: somebody else is changing it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotate_account: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The account's key */
                id: components["schemas"]["AccountKey"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateAccount"];
            };
        };
        responses: {
            /** @description The account, with its new secrets in use */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `accounts:manage`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such connected account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `account-busy`: somebody else is changing it; `another-key`: its secrets cannot be opened here; `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not, or that Chatwoot does not know: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    check_webhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The account's key */
                id: components["schemas"]["AccountKey"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of the webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckedWebhook"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `accounts:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such connected account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `another-key`: the account's token cannot be opened here; `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-answer`: Chatwoot does not answer properly */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_activity: {
        parameters: {
            query?: {
                /**
                 * @description Only in this Chatwoot account. An actor's id in Chatwoot means somebody else in another
                 *     installation. Does not apply to the live stream.
                 */
                accountId?: components["schemas"]["AccountKey"];
                /**
                 * @description Only what this actor did, by type and id (`user:7`), or what any actor of a type did
                 *     (`contact`). Does not apply to the live stream.
                 */
                actor?: string;
                /** @description Only of this conversation. */
                conversationId?: components["schemas"]["ConversationId"];
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
                /**
                 * @description Live stream: id of the last event that was received, or `position.activity` of a list. The
                 *     header `Last-Event-ID` means the same, and wins.
                 */
                lastEventId?: string;
                /** @description Most rows per page; 25 if not given. A page has fewer if they are large: go on with `nextCursor`. */
                limit?: number;
                /** @description Number of the page, from 1. Reaches the first 10,000 rows; beyond them, use `cursor`. */
                page?: number;
                /** @description Only what was done in `chatwoot` or in `axis`. Does not apply to the live stream. */
                source?: string;
                /**
                 * @description A ticket of `POST /activity/tickets` in place of a token, for browsers, whose `EventSource`
                 *     cannot send a header.
                 */
                ticket?: string;
                /**
                 * @description Only of these types, separated by commas: `message_created,message_updated`. At most 64, each of at
                 *     most 64 characters.
                 */
                type?: string;
            };
            header?: {
                /** @description Live stream: where to resume */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the timeline, or the live stream */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivityList"];
                    "text/event-stream": string;
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `activity:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_activity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The activity */
                id: components["schemas"]["ActivityId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The activity */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activity"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `activity:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no activity with this id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_ticket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `activity:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-streams`: too many of the tenant's tickets are unused */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_agents: {
        parameters: {
            query?: {
                /** @description Only what belongs to this Chatwoot account. Without it, what belongs to any account of the tenant. */
                accountId?: components["schemas"]["AccountKey"];
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The agents */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_api_keys: {
        parameters: {
            query?: {
                /** @description Most rows per page; 25 if not given. */
                limit?: number;
                /** @description Number of the page, from 1. Pages reach the first 10,000 rows of the list. */
                page?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `api-keys:manage`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_api_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApiKey"];
            };
        };
        responses: {
            /** @description The key, with its secret */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedApiKey"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `api-keys:manage`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-keys`: the tenant has as many valid keys as it may */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_api_key: {
        parameters: {
            query?: {
                /** @description Revoke the keys that it created too, those that these created, and so on. Otherwise they stay valid. */
                withCreated?: boolean;
            };
            header?: never;
            path: {
                /** @description The key's id */
                id: components["schemas"]["ApiKeyId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key no longer works */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `api-keys:manage`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no key with this id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_approvals: {
        parameters: {
            query?: {
                /** @description Only about this conversation. */
                conversationId?: components["schemas"]["ConversationId"];
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Only what this actor decided on or withdrew; `me` is you. */
                decidedBy?: string;
                /** @description Most rows per page; 25 if not given. A page has fewer if they are large: go on with `nextCursor`. */
                limit?: number;
                /** @description Number of the page, from 1. Reaches the first 10,000 rows; beyond them, use `cursor`. */
                page?: number;
                /** @description Only what this actor asked for, by its id in an activity; `me` is you. */
                requestedBy?: string;
                /** @description Only with this status. */
                status?: "submitted" | "approved" | "rejected" | "withdrawn";
                /** @description Only of this type. */
                type?: string;
                /**
                 * @description Only what waits for a decision that this caller may make: not what they, or a key of theirs,
                 *     asked for. Nothing if they may not decide at all.
                 */
                waitingFor?: "me";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovalList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `approvals:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_approval: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApproval"];
            };
        };
        responses: {
            /** @description The approval, which waits for a decision */
            201: {
                headers: {
                    /** @description Address of the approval */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Approval"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `approvals:request`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_approval: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The approval */
                id: components["schemas"]["ApprovalId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The approval */
            200: {
                headers: {
                    /** @description Its entity tag, which the customer's messages change too */
                    etag?: string;
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Approval"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `approvals:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no approval with this id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    withdraw_approval: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The approval */
                id: components["schemas"]["ApprovalId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The approval, withdrawn */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Approval"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `approvals:request`; `no-tenant`: the caller belongs to no tenant, or to several; `others-approval`: somebody else asked for it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such approval */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `decided`: `current` says by whom */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decide_approval: {
        parameters: {
            query?: never;
            header?: {
                /** @description Decide only if the approval still has this tag */
                "If-Match"?: string | null;
            };
            path: {
                /** @description The approval */
                id: components["schemas"]["ApprovalId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Decide"];
            };
        };
        responses: {
            /** @description The approval, decided */
            200: {
                headers: {
                    /** @description Its entity tag */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Approval"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `approvals:decide`; `no-tenant`: the caller belongs to no tenant, or to several; `own-approval`: the caller, or another who counts as the same person, asked for it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such approval */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `decided`: somebody has decided on it or withdrawn it; `stale`: the customer has written since. `current` is its present state */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It has changed: `current` is its present state */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not (see `errors`), or the proposed reply answers a message that Chatwoot does not have */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_attachment: {
        parameters: {
            query?: {
                /** @description Whether to send its thumbnail instead, where there is one. */
                thumb?: boolean;
            };
            header?: {
                /** @description Send the file only if it has another tag */
                "If-None-Match"?: string | null;
                /** @description Send the part only if the file still has this tag, and otherwise all of it */
                "If-Range"?: string | null;
                /** @description One part of it, such as `bytes=0-1023` */
                Range?: string | null;
            };
            path: {
                /** @description The attachment */
                id: components["schemas"]["AttachmentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
            /** @description The part of it */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
            /** @description The caller has the file already */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such file, or not any more */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The file ends before that part */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-file`: the file cannot be fetched from where it is stored */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /** @description Only this action, such as `api-keys create`. */
                action?: string;
                /** @description Only what this actor did, as `actor` of an entry names them. */
                actor?: string;
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Most rows per page; 25 if not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `audit:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_auth_config: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How people sign in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignIn"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_canned_responses: {
        parameters: {
            query?: {
                /** @description Only what belongs to this Chatwoot account. Without it, what belongs to any account of the tenant. */
                accountId?: components["schemas"]["AccountKey"];
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The canned responses */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CannedResponseList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_canned_response: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCannedResponse"];
            };
        };
        responses: {
            /** @description The canned response, which was there already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CannedResponse"];
                };
            };
            /** @description The canned response, which Chatwoot has created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CannedResponse"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `catalogue:manage`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `taken`: another one has this short code, see `current`; `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `refused`: Chatwoot refuses it */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_chatwoot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The accounts now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChatwootStateList"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The contact */
                id: components["schemas"]["ContactId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The contact */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no contact with this id, or not any more */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_conversations: {
        parameters: {
            query?: {
                /**
                 * @description Only those assigned to the user with this number in Chatwoot, to yourself (`me`: to the agents that
                 *     `GET /agents` calls `you`, each in their own account), to nobody (`none`) or to anybody (`any`).
                 */
                assigneeId?: string;
                /** @description Only those with this contact. */
                contactId?: components["schemas"]["ContactId"];
                /** @description `nextCursor` of the previous page, which must have had the same `sort`. */
                cursor?: string;
                /** @description Only those in the inbox with this number in Chatwoot. */
                inboxId?: number;
                /** @description Only with this label. */
                label?: string;
                /** @description Most rows per page; 25 if not given. A page has fewer if they are large: go on with `nextCursor`. */
                limit?: number;
                /** @description Number of the page, from 1. Reaches the first 10,000 rows; beyond them, use `cursor`. */
                page?: number;
                /** @description Only with this priority: `low`, `medium`, `high`, `urgent`, or `none`. */
                priority?: string;
                /**
                 * @description Only those with this number, with a contact whose name, address or phone number contains this text, or
                 *     with a message that has these words. A text of one or two characters is looked for at the beginnings
                 *     of the first four words of names only. `#` before a number searches for the number alone.
                 */
                search?: string;
                /** @description What comes first; `newest` if not given. */
                sort?: "newest" | "oldest" | "waiting" | "priority";
                /** @description Only with this status: `open`, `resolved`, `pending`, `snoozed`, or another one of the installation. */
                status?: string;
                /** @description Only those assigned to the team with this number in Chatwoot. */
                teamId?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConversationList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The conversation */
            200: {
                headers: {
                    /** @description Its entity tag */
                    etag?: string;
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no conversation with this id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Change only if the conversation still has this tag */
                "If-Match"?: string | null;
            };
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateConversation"];
            };
        };
        responses: {
            /** @description The conversation as it is shown from now on */
            200: {
                headers: {
                    /** @description Its entity tag */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:update`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It has changed: `current` is its present state */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_draft: {
        parameters: {
            query?: {
                /** @description Whether the note is meant; otherwise, the reply. */
                private?: boolean;
            };
            header?: never;
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your draft */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Draft"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation, or you have no such draft in it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_draft: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PutDraft"];
            };
        };
        responses: {
            /** @description The draft, as saved */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Draft"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_draft: {
        parameters: {
            query?: {
                /** @description Whether the note is meant; otherwise, the reply. */
                private?: boolean;
            };
            header?: never;
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description You have no such draft any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    escalate_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Escalate"];
            };
        };
        responses: {
            /** @description The approval, which waits for a decision */
            201: {
                headers: {
                    /** @description The address of the approval */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Approval"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `approvals:request`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_messages: {
        parameters: {
            query?: {
                /** @description Only messages written after the one with this id. */
                after?: components["schemas"]["MessageId"];
                /** @description Only messages written before the one with this id. */
                before?: components["schemas"]["MessageId"];
                /** @description Most messages per page; 25 if not given. A page has fewer if they are large, and `hasMore` says so. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Messages, oldest first */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MessageList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
                /** @description Write only if the conversation still has this tag */
                "If-Match"?: string | null;
            };
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateMessage"];
                "multipart/form-data": components["schemas"]["CreateMessageWithFiles"];
            };
        };
        responses: {
            /** @description The message, which was there already under this `clientId` */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description The message, which is on its way */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description `bad-json`, `bad-multipart`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `client-id-taken`: the `clientId` is that of another message; `withdrawn`: of one that was taken back; `under-way`: the same request is being carried out; `too-many-bytes`: the tenant has sent as many bytes of files in 24 hours as it may */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The conversation has changed: `current` is its present state */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A file has more than 40 MiB, or all of them have more than 100 MiB */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is neither JSON nor a form */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_message: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
                /** @description The message */
                messageId: components["schemas"]["MessageId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The message, which was deleted already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description The message, which is being deleted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The conversation has no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-deletable`: Chatwoot does not have it yet */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
                /** @description The message */
                messageId: components["schemas"]["MessageId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The message, which is not handed over again */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description The message is gone and will not be sent */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The conversation has no such message, or not any more */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-cancellable`: it has left, or may have; `detail` names its state. `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retry_message: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
                /** @description The message */
                messageId: components["schemas"]["MessageId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The message, which is on its way again */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The conversation has no such message */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-retriable`: it cannot be sent again; `detail` names its state. `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_presence: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Presence"];
            };
        };
        responses: {
            /** @description It is shown to whoever is looking */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mark_read: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The conversation is read */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:update`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_typing: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Typing"];
            };
        };
        responses: {
            /** @description It is shown to whoever is looking */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mark_unread: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The conversation */
                id: components["schemas"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The conversation is unread, if the customer ever wrote */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:update`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such conversation */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_drafts: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Most rows per page; 25 if not given. A page has fewer if they are large: go on with `nextCursor`. */
                limit?: number;
                /** @description Number of the page, from 1. Reaches the first 10,000 rows; beyond them, use `cursor`. */
                page?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DraftList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_inboxes: {
        parameters: {
            query?: {
                /** @description Only what belongs to this Chatwoot account. Without it, what belongs to any account of the tenant. */
                accountId?: components["schemas"]["AccountKey"];
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The inboxes */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InboxList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_labels: {
        parameters: {
            query?: {
                /** @description Only what belongs to this Chatwoot account. Without it, what belongs to any account of the tenant. */
                accountId?: components["schemas"]["AccountKey"];
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The labels */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_label: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateLabel"];
            };
        };
        responses: {
            /** @description The label, which was there already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Label"];
                };
            };
            /** @description The label, which Chatwoot has created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Label"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `catalogue:manage`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `taken`: another one has this title, see `current`; `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `refused`: Chatwoot refuses it */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_links: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connected accounts, each with your user if you have linked one */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LinkList"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-tenant`: the caller belongs to no tenant, or to several; `people-only`: an API key is no user in Chatwoot */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's key */
                id: components["schemas"]["AccountKey"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PutLink"];
            };
        };
        responses: {
            /** @description Who you are in Chatwoot from now on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Link"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:reply`; `no-tenant`: the caller belongs to no tenant, or to several; `people-only`: an API key is no user in Chatwoot */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such connected account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `another-key`: an operator has to give the API the right AXIS_SECRET_KEY */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Chatwoot does not accept the token, or its owner is not in the account */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account's key */
                id: components["schemas"]["AccountKey"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your token is deleted here */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `no-tenant`: the caller belongs to no tenant, or to several; `people-only`: an API key is no user in Chatwoot */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such connected account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_account_states: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The accounts now */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountStateList"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `operations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reconcile_account: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The account */
                id: components["schemas"]["AccountKey"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reconcile"];
            };
        };
        responses: {
            /** @description The account, whose comparison is due now */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountState"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `accounts:reconcile`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_dead_letters: {
        parameters: {
            query?: {
                /** @description Only those of this Chatwoot account. */
                accountId?: components["schemas"]["AccountKey"];
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Most rows per page; 25 if not given. */
                limit?: number;
                /** @description Only those given up for this reason: `undecodable`, `refused-by-database`, …. */
                reason?: string;
                /** @description Only those from this stream, `INBOUND` or `OUTBOUND`. */
                stream?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `operations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_dead_letter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The dead letter */
                id: components["schemas"]["DeadLetterId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The dead letter */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterContent"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `operations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no dead letter with this id, or not any more */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drop_dead_letter: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The dead letter */
                id: components["schemas"]["DeadLetterId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActOnDeadLetter"];
            };
        };
        responses: {
            /** @description What became of the dead letter, or would */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterActedOn"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `dead-letters:redrive`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no dead letter with this id, or not any more */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    redrive_dead_letter: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The dead letter */
                id: components["schemas"]["DeadLetterId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActOnDeadLetter"];
            };
        };
        responses: {
            /** @description What became of the dead letter, or would */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterActedOn"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `dead-letters:redrive`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no dead letter with this id, or not any more */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-redrivable`: its stream will never take it; `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-reused`: another request had this `Idempotency-Key`; `invalid`: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_pipeline: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The pipeline now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `operations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replay_events: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayWanted"];
            };
        };
        responses: {
            /** @description What a replay would do */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayCounted"];
                };
            };
            /** @description The replay, which has begun */
            202: {
                headers: {
                    /** @description Where to follow it */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `events:replay`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such account */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_replays: {
        parameters: {
            query?: {
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
                /** @description Most rows per page; 25 if not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `operations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_replay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The replay */
                id: components["schemas"]["AuditId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replay */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `operations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no replay with this id */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_teams: {
        parameters: {
            query?: {
                /** @description Only what belongs to this Chatwoot account. Without it, what belongs to any account of the tenant. */
                accountId?: components["schemas"]["AccountKey"];
                /** @description `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The teams */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TeamList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `conversations:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_tenant: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `accounts:read`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_tenant: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateTenant"];
            };
        };
        responses: {
            /** @description The tenant, as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller lacks the permission `accounts:manage`; `no-tenant`: the caller belongs to no tenant, or to several */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_tenants: {
        parameters: {
            query?: {
                /** @description Most rows per page; 25 if not given. */
                limit?: number;
                /** @description Number of the page, from 1. Pages reach the first 10,000 rows of the list. */
                page?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantList"];
                };
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller is not a key of the installation with the permission `tenants:read` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_tenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTenant"];
            };
        };
        responses: {
            /** @description The tenant */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller is not a key of the installation with the permission `tenants:manage` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `taken`: another tenant has this short name, see `current`. `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_any_tenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's short name */
                id: components["schemas"]["TenantId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller is not a key of the installation with the permission `tenants:read` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no tenant of this name */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update_any_tenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's short name */
                id: components["schemas"]["TenantId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateTenant"];
            };
        };
        responses: {
            /** @description The tenant, as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller is not a key of the installation with the permission `tenants:manage` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no tenant of this name */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_tenant_claims: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's short name */
                id: components["schemas"]["TenantId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All claims that mean the tenant */
            200: {
                headers: {
                    /** @description The place in the stream that the answer reflects; missing while the stream cannot be reached */
                    "x-activity-position"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantClaimList"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller is not a key of the installation with the permission `tenants:read` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no tenant of this name */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_tenant_claim: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own name for this request, kept for a day. Sent again under the same key, the request is carried out only once and gets the same answer, with `Idempotency-Replayed: true`. The answer is 409 `under-way` while the first one is being carried out, and 422 `key-reused` if another request had the key. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The tenant's short name */
                id: components["schemas"]["TenantId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddTenantClaim"];
            };
        };
        responses: {
            /** @description The claim, which meant the tenant already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantClaim"];
                };
            };
            /** @description The claim, which means the tenant now */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantClaim"];
                };
            };
            /** @description `bad-json`: the body cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller is not a key of the installation with the permission `tenants:manage` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no tenant of this name */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `taken`: the claim means another tenant, see `current`. `under-way`: the same request is being carried out */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-large`: the body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-json`: the body has another `Content-Type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Fields hold values that they may not: see `errors` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_tenant_claim: {
        parameters: {
            query: {
                /**
                 * @description What the OpenID provider says, exactly.
                 * @example Acme Ltd.
                 */
                claim: string;
            };
            header?: never;
            path: {
                /** @description The tenant's short name */
                id: components["schemas"]["TenantId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The claim means nobody any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad-query`: the query string cannot be read */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is missing or not valid */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller is not a key of the installation with the permission `tenants:manage` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The claim does not mean this tenant */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller makes more requests than it may; `Retry-After` says when to come back */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem: `code` says which */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
