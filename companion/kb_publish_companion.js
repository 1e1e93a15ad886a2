/*
 * kb-publish companion: changes a published article of a versioned knowledge base the way a person does.
 *
 * One call checks the article out, writes the new version, and publishes it, by the platform's own scripts
 * (KBVersioning, KnowledgeUIAction), with the rights of whoever calls. Nothing else can be reached through it.
 *
 * EXPERIMENTAL: tested under Node with stand-ins of the platform's classes, never on a real instance.
 * Install it as `kb-publish companion show --guide` says; read it first.
 */
var KbPublishCompanion = (function () {
    'use strict';

    var CONTRACT = 'kb-publish-companion/1';
    var SYS_ID = /^[0-9a-f]{32}$/;
    // The columns that a version may be given. Whatever else is sent is refused.
    var COLUMNS = ['short_description', 'text', 'kb_knowledge_base', 'kb_category', 'meta', 'meta_description',
        'roles', 'valid_to', 'language', 'parent', 'display_attachments', 'author', 'ownership_group',
        'can_read_user_criteria', 'cannot_read_user_criteria'];

    function refuse(response, status, message) {
        response.setStatus(status);
        response.setBody({ error: { message: message, detail: null }, status: 'failure' });
    }

    /** GET …/v1: says that it is there. */
    function hello(request, response) {
        response.setStatus(200);
        response.setBody({ companion: CONTRACT });
    }

    function isColumn(name, stampField) {
        return name === stampField || COLUMNS.indexOf(name) >= 0;
    }

    /** What is wrong with a call, or null. */
    function fault(body) {
        if (!body || typeof body !== 'object') { return 'the body is no JSON object'; }
        if (typeof body.sys_mod_count !== 'string') { return '`sys_mod_count` is missing'; }
        if (!/^[a-z][a-z0-9_]*$/.test(body.stamp_field || '')) { return '`stamp_field` is no column'; }
        if (!body.columns || typeof body.columns !== 'object') { return '`columns` is missing'; }
        for (var name in body.columns) {
            if (!isColumn(name, body.stamp_field)) { return 'column `' + name + '` is not written by this resource'; }
            if (typeof body.columns[name] !== 'string') { return 'column `' + name + '` is no text'; }
        }
        var files = body.files || [];
        for (var i = 0; i < files.length; i++) {
            if (!SYS_ID.test(files[i].id || '') || !files[i].file_name) { return 'a file without id or name'; }
        }
        return null;
    }

    function draftOf(articleId) {
        var drafts = new GlideRecord('kb_knowledge');
        drafts.addQuery('article_id', articleId);
        drafts.addQuery('workflow_state', 'IN', 'draft,review,pending_retirement');
        drafts.setLimit(1);
        drafts.query();
        return drafts.next() ? drafts : null;
    }

    function attachment(row, fileName) {
        var file = new GlideRecord('sys_attachment');
        file.addQuery('table_name', 'kb_knowledge');
        file.addQuery('table_sys_id', row.getUniqueValue());
        file.addQuery('file_name', fileName);
        file.orderBy('sys_id');
        file.query();
        return file.next() ? file : null;
    }

    /** Puts the files on the version; gives the body with their sys_ids in the place of the ids it was sent with. */
    function attach(draft, files, text) {
        for (var i = 0; i < files.length; i++) {
            var file = files[i];
            var there = attachment(draft, file.file_name);
            var id = there ? there.getUniqueValue() : null;
            if (!id && file.base64) {
                var bytes = GlideStringUtil.base64DecodeAsBytes(file.base64);
                id = String(new GlideSysAttachment().write(draft, file.file_name, file.content_type, bytes) || '');
            }
            if (!id) { throw new Error('file `' + file.file_name + '` could not be attached'); }
            text = text.split(file.id).join(id);
        }
        return text;
    }

    function removeFiles(draft, names) {
        for (var i = 0; i < names.length; i++) {
            var file = attachment(draft, names[i]);
            if (file) { new GlideSysAttachment().deleteAttachment(file.getUniqueValue()); }
        }
    }

    function write(draft, body) {
        var columns = body.columns;
        for (var name in columns) {
            var value = columns[name];
            if (name === 'text') { value = attach(draft, body.files || [], value); }
            if (name === body.stamp_field) {
                // The stamp names the row it was written to, which its sender could not know.
                value = value.replace(' w=- ', ' w=' + draft.getUniqueValue().substring(0, 8) + ' ');
            }
            draft.setValue(name, value);
        }
        if (!draft.update()) { throw new Error('the new version could not be written'); }
        removeFiles(draft, body.remove || []);
    }

    /** Takes back a version that could not be completed. */
    function discard(draft) {
        try {
            var row = new GlideRecord('kb_knowledge');
            if (row.get(draft.getUniqueValue()) && row.getValue('workflow_state') === 'draft') {
                return row.deleteRecord();
            }
        } catch (ignored) {
            // What stays is told.
        }
        return false;
    }

    /** POST …/v1/articles/{sys_id}: check out, write, publish. */
    function change(request, response) {
        var id = String(request.pathParams.sys_id || '');
        var body = request.body ? request.body.data : null;
        var wrong = SYS_ID.test(id) ? fault(body) : 'no sys_id';
        if (wrong) { return refuse(response, 400, wrong); }
        var row = new GlideRecordSecure('kb_knowledge');
        if (!row.get(id)) { return refuse(response, 404, 'No Record found'); }
        if (row.getValue('workflow_state') !== 'published') {
            return refuse(response, 409, 'the article is ' + row.getValue('workflow_state') + ', not published');
        }
        if (String(row.getValue('sys_mod_count')) !== body.sys_mod_count) {
            return refuse(response, 409, 'changed by ' + row.getValue('sys_updated_by') + ' after it was read');
        }
        if (draftOf(row.getValue('article_id') || id)) {
            return refuse(response, 409, 'somebody has checked it out');
        }
        var actions = new KnowledgeUIAction();
        if (!actions.canCheckout(row)) {
            return refuse(response, 403, 'this account may not check it out');
        }
        new KBVersioning().checkout(row);
        var draft = draftOf(row.getValue('article_id') || id);
        if (!draft) { return refuse(response, 403, 'it could not be checked out'); }
        try {
            write(draft, body);
            var fresh = new GlideRecord('kb_knowledge');
            fresh.get(draft.getUniqueValue());
            actions.publish(fresh);
        } catch (error) {
            var gone = discard(draft);
            var left = gone ? '' : '; version ' + draft.getUniqueValue() + ' is left checked out';
            return refuse(response, 422, (error.message || String(error)) + left);
        }
        var now = new GlideRecord('kb_knowledge');
        now.get(draft.getUniqueValue());
        response.setStatus(200);
        response.setBody({
            companion: CONTRACT,
            sys_id: now.getUniqueValue(),
            number: now.getValue('number'),
            workflow_state: now.getValue('workflow_state')
        });
    }

    return { hello: hello, change: change };
})();
