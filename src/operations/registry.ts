/** Everything Booflow can do. A new operation is a file and its line here; every door follows. */

import { acceptMyInvitation } from './accept-my-invitation.ts';
import { addFile } from './add-file.ts';
import { addMyFile } from './add-my-file.ts';
import { approveTask } from './approve-task.ts';
import { archiveTemplate } from './archive-template.ts';
import { assignTask } from './assign-task.ts';
import { bulkInviteExternal } from './bulk-invite-external.ts';
import { changeMemberRole } from './change-member-role.ts';
import { chooseReminders } from './choose-reminders.ts';
import { commentOnMyTask } from './comment-on-my-task.ts';
import { commentOnTask } from './comment-on-task.ts';
import { completeMyTask } from './complete-my-task.ts';
import { completeTask } from './complete-task.ts';
import { copyTemplate } from './copy-template.ts';
import { createFlowFromTemplate } from './create-flow-from-template.ts';
import { createTemplate } from './create-template.ts';
import { createWebhook } from './create-webhook.ts';
import { decideMyTask } from './decide-my-task.ts';
import { deleteOrg } from './delete-org.ts';
import { deleteWebhook } from './delete-webhook.ts';
import { discardDraft } from './discard-draft.ts';
import { eraseExternalUser } from './erase-external-user.ts';
import { explainFlow } from './explain-flow.ts';
import { exportOrg } from './export-org.ts';
import { exportTemplate } from './export-template.ts';
import { findClients } from './find-clients.ts';
import { findSameFlows } from './find-same-flows.ts';
import { getFile } from './get-file.ts';
import { getFlow } from './get-flow.ts';
import { getImport } from './get-import.ts';
import { getImportLeft } from './get-import-left.ts';
import { getLogo } from './get-logo.ts';
import { getMember } from './get-member.ts';
import { getMyFile } from './get-my-file.ts';
import { getMyFlow } from './get-my-flow.ts';
import { getMyReminders } from './get-my-reminders.ts';
import { getOrgContext } from './get-org-context.ts';
import { getOrgSettings } from './get-org-settings.ts';
import { getOverview } from './get-overview.ts';
import { getReminderChoice } from './get-reminder-choice.ts';
import { getTask } from './get-task.ts';
import { getPublicTemplate, getTemplate } from './get-template.ts';
import { importFlows } from './import-flows.ts';
import { inviteExternalUser } from './invite-external-user.ts';
import { inviteMember } from './invite-member.ts';
import { leaveOrg } from './leave-org.ts';
import { listActivity } from './list-activity.ts';
import { listErasures } from './list-erasures.ts';
import { listFlows } from './list-flows.ts';
import { listHandOvers } from './list-hand-overs.ts';
import { listImports } from './list-imports.ts';
import { listMemberInvitations } from './list-member-invitations.ts';
import { listOrgEvents } from './list-org-events.ts';
import { listOrgMembers } from './list-org-members.ts';
import { listPublicTemplates } from './list-public-templates.ts';
import { listTasks } from './list-tasks.ts';
import { listTemplateVersions } from './list-template-versions.ts';
import { listTemplates } from './list-templates.ts';
import { listWebhookDeliveries } from './list-webhook-deliveries.ts';
import { listWebhooks } from './list-webhooks.ts';
import { manageInvitation } from './manage-invitation.ts';
import { manageMemberInvitation } from './manage-member-invitation.ts';
import type { Operation, Surface } from './operation.ts';
import { previewErasure } from './preview-erasure.ts';
import { publishTemplate } from './publish-template.ts';
import { redeliverUndelivered } from './redeliver-undelivered.ts';
import { redeliverWebhook } from './redeliver-webhook.ts';
import { remindAssignee } from './remind-assignee.ts';
import { removeMember } from './remove-member.ts';
import { reopenTask } from './reopen-task.ts';
import { requestNewLink } from './request-new-link.ts';
import { rotateWebhookSecret } from './rotate-webhook-secret.ts';
import { saveMyDraft } from './save-my-draft.ts';
import { saveTemplateDraft } from './save-template-draft.ts';
import { setDueDate } from './set-due-date.ts';
import { setMyReminders } from './set-my-reminders.ts';
import { setOrgLogo } from './set-org-logo.ts';
import { skipTask } from './skip-task.ts';
import { stopImport } from './stop-import.ts';
import { suggestNames } from './suggest-names.ts';
import { testWebhook } from './test-webhook.ts';
import { updateFlowStatus } from './update-flow-status.ts';
import { updateOrgSettings } from './update-org-settings.ts';
import { updateWebhook } from './update-webhook.ts';

export const operations: readonly Operation[] = [
  getOrgContext,
  listFlows,
  getFlow,
  listTasks,
  getTask,
  listTemplates,
  listPublicTemplates,
  createFlowFromTemplate,
  updateFlowStatus,
  completeTask,
  approveTask,
  assignTask,
  inviteExternalUser,
  bulkInviteExternal,
  listOrgMembers,
  getOverview,
  explainFlow,
  listActivity,
  commentOnTask,
  skipTask,
  reopenTask,
  remindAssignee,
  getMyReminders,
  setMyReminders,
  getReminderChoice,
  chooseReminders,
  setDueDate,
  manageInvitation,
  getMember,
  inviteMember,
  listMemberInvitations,
  manageMemberInvitation,
  changeMemberRole,
  removeMember,
  leaveOrg,
  getOrgSettings,
  updateOrgSettings,
  setOrgLogo,
  listOrgEvents,
  exportOrg,
  deleteOrg,
  previewErasure,
  eraseExternalUser,
  listErasures,
  importFlows,
  getImport,
  getImportLeft,
  listImports,
  stopImport,
  listWebhooks,
  createWebhook,
  updateWebhook,
  deleteWebhook,
  rotateWebhookSecret,
  listWebhookDeliveries,
  redeliverWebhook,
  redeliverUndelivered,
  testWebhook,
  listHandOvers,
  getLogo,
  getTemplate,
  getPublicTemplate,
  listTemplateVersions,
  exportTemplate,
  createTemplate,
  copyTemplate,
  saveTemplateDraft,
  publishTemplate,
  discardDraft,
  archiveTemplate,
  suggestNames,
  findClients,
  findSameFlows,
  getMyFlow,
  acceptMyInvitation,
  completeMyTask,
  decideMyTask,
  commentOnMyTask,
  saveMyDraft,
  addMyFile,
  getMyFile,
  addFile,
  getFile,
  requestNewLink,
];

export const operationsOf = (surface: Surface): readonly Operation[] =>
  operations.filter((o) => o.surfaces.includes(surface));
