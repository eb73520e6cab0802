/** The vocabulary that names of generated objects, fields and values are made of. */
export const STANDARD_HEADS = [
  'Work', 'Service', 'Product', 'Asset', 'Contract', 'Order', 'Price', 'Loyalty', 'Care', 'Claim', 'Insurance', 'Sales',
  'Campaign', 'Learning', 'Location', 'Inventory', 'Shipment', 'Return', 'Invoice', 'Payment', 'Credit', 'Consumption',
  'Entitlement', 'Engagement', 'Forecasting', 'Incident', 'Problem', 'Change', 'Operating', 'Resource', 'Shift', 'Survey',
  'Swarm', 'Territory', 'Timesheet', 'Warranty', 'Workforce', 'Waitlist', 'Voucher', 'Promotion',
] as const;

export const STANDARD_TAILS = [
  'Plan', 'Template', 'Element', 'Rule', 'Group', 'Participation', 'Policy', 'Request', 'Status', 'Definition', 'Assignment',
  'Relation', 'Schedule', 'Allocation', 'Adjustment', 'Detail', 'Summary', 'Log', 'Step', 'Type', 'PlanTemplate', 'RuleEntry',
  'GroupMember', 'RequestLine', 'AssignmentPolicy',
] as const;

export const CUSTOM_HEADS = [
  'Project', 'Vendor', 'Facility', 'Vehicle', 'Training', 'Budget', 'Expense', 'Subscription', 'Property', 'Tenant',
  'Inspection', 'Candidate', 'Interview', 'Grant', 'Donation', 'Patient', 'Shipment', 'Purchase', 'Warehouse', 'Device',
  'Sensor', 'Region', 'Partner', 'Deal', 'Quality', 'Safety', 'Audit', 'Policy', 'Claim', 'Loan', 'Portfolio', 'Fund',
  'Course', 'Student', 'Event', 'Sponsor', 'Media', 'License', 'Release', 'Incident',
] as const;

export const CUSTOM_TAILS = [
  '', 'Line', 'Plan', 'Review', 'Request', 'Assignment', 'Milestone', 'Score', 'Template', 'Registration', 'Allocation', 'Note',
  'Check', 'Target', 'Version', 'Approval', 'Schedule', 'Participant', 'Summary', 'Adjustment',
] as const;

export const FIELD_HEADS = [
  'Account', 'Annual', 'Billing', 'Approved', 'Budget', 'Closing', 'Contract', 'Customer', 'Delivery', 'Discount', 'Due',
  'Effective', 'Estimated', 'Expected', 'External', 'Final', 'First', 'Forecast', 'Gross', 'Initial', 'Internal', 'Invoice',
  'Last', 'Legacy', 'Legal', 'Local', 'Marketing', 'Net', 'Next', 'Order', 'Original', 'Planned', 'Preferred', 'Previous',
  'Primary', 'Product', 'Project', 'Quarterly', 'Regional', 'Renewal', 'Requested', 'Risk', 'Sales', 'Secondary', 'Service',
  'Shipping', 'Source', 'Support', 'Target', 'Tax', 'Total', 'Vendor', 'Verified', 'Weighted', 'Yearly',
] as const;

export const FIELD_TAILS: Record<string, readonly string[]> = {
  number: ['Amount', 'Value', 'Cost', 'Count', 'Quantity', 'Rate', 'Score', 'Total', 'Weight', 'Margin', 'Hours'],
  date: ['Date', 'Deadline', 'Start', 'End', 'Review', 'Renewal', 'Signature'],
  flag: ['Approved', 'Required', 'Verified', 'Locked', 'Migrated', 'Eligible', 'Exempt', 'Visible'],
  choice: ['Status', 'Stage', 'Category', 'Type', 'Region', 'Priority', 'Channel', 'Reason', 'Tier', 'Segment'],
  text: ['Name', 'Code', 'Number', 'Reference', 'Comment', 'Title', 'Key', 'Identifier', 'Summary', 'Detail'],
};

export const CHOICES = [
  'New', 'Open', 'In Progress', 'On Hold', 'Waiting', 'Approved', 'Rejected', 'Closed', 'Escalated', 'Cancelled', 'Draft',
  'High', 'Medium', 'Low', 'Critical', 'North', 'South', 'East', 'West', 'Central', 'EMEA', 'APAC', 'AMER', 'Web', 'Phone',
  'Email', 'Partner Referral', 'Trade Show', 'Direct', 'Indirect', 'Gold', 'Silver', 'Bronze', 'Platinum', 'Retail',
  'Wholesale', 'Manufacturing', 'Healthcare', 'Finance', 'Energy', 'Education', 'Public Sector', 'Technology', 'Telecom',
] as const;

/** Labels that break careless code: quotes, emoji, right-to-left text, name separators, markup, length. */
export const ODD_LABELS = [
  'Umsatz "brutto" > 10.000 €', 'Priority 🚀 (rocket)', 'إجمالي المبلغ', 'תאריך סיום', 'Stage::Substage', "Client's O'Brien code",
  'A label that goes on well past what fits a list view', 'Ratio <b>bold</b> & more', '売上区分', 'Tab\tseparated', 'Back\\slash `tick`',
  'Longest '.repeat(31) + 'longest',
] as const;

export const HTML_HELP =
  '<p>Enter the <b>net</b> value &amp; pick a currency.</p><ul><li>See <a href="https://intranet.example/fields">the guide</a></li></ul>';

/** "WorkPlanTemplate" → "Work Plan Template", "Invoice_Line" → "Invoice Line". */
export function labelOf(name: string): string {
  return name.replaceAll('_', ' ').replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll(/ +/g, ' ').trim();
}

export function pluralOf(label: string): string {
  if (/[^aeiou]y$/.test(label)) return `${label.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(label) ? `${label}es` : `${label}s`;
}
