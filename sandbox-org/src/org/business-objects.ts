import type { StandardObject } from './standard-objects.ts';

/** The standard objects of sales, service and setup that follow the core objects. */
export const BUSINESS_OBJECTS: readonly StandardObject[] = [
  [
    'Pricebook2',
    '01s',
    'Name:string(255)! Description:string(255) IsActive:boolean IsStandard:boolean=',
  ],
  [
    'PricebookEntry',
    '01u',
    'Name:string(255)= Pricebook2Id>Pricebook2! Product2Id>Product2! UnitPrice:currency(16,2)! IsActive:boolean UseStandardPrice:boolean ProductCode:string(255)=',
  ],
  [
    'OpportunityLineItem',
    '00k',
    'OpportunityId>>Opportunity! SortOrder:int(9) PricebookEntryId>PricebookEntry Product2Id>Product2 Name:string(376)= Quantity:double(12,2)! Discount:percent(5,2) TotalPrice:currency(18,2) UnitPrice:currency(16,2) ListPrice:currency(16,2)= ServiceDate:date Description:string(255)',
  ],
  [
    'OpportunityContactRole',
    '00K',
    'OpportunityId>Opportunity! ContactId>Contact! Role:picklist(255)[Business_User,Decision_Maker,Economic_Buyer,Evaluator,Influencer] IsPrimary:boolean',
  ],
  [
    'CampaignMember',
    '00v',
    'CampaignId>Campaign! LeadId>Lead ContactId>Contact Status:picklist(255)[Sent,Responded] HasResponded:boolean= FirstRespondedDate:date= Name:string(255)= Type:picklist(40)=',
  ],
  [
    'Contract',
    '800',
    'AccountId>Account! Pricebook2Id>Pricebook2 StartDate:date EndDate:date= BillingAddress:address ContractTerm:int(4) Status:picklist(255)[In_Approval_Process,Activated,Draft] CompanySignedId>User CompanySignedDate:date CustomerSignedId>Contact SpecialTerms:textarea(4000) ContractNumber:autonumber(30) Name:string(80) RecordTypeId>RecordType',
  ],
  [
    'Order',
    '801',
    'ContractId>Contract AccountId>Account! Pricebook2Id>Pricebook2 OriginalOrderId>Order EffectiveDate:date! EndDate:date Status:picklist(255)[Draft,Activated]! Description:textarea(32000) BillingAddress:address ShippingAddress:address OrderNumber:autonumber(30) TotalAmount:currency(18,2)= Name:string(80) RecordTypeId>RecordType',
  ],
  [
    'OrderItem',
    '802',
    'Product2Id>Product2 OrderId>>Order! PricebookEntryId>PricebookEntry OriginalOrderItemId>OrderItem Quantity:double(18,2)! UnitPrice:currency(18,2) ListPrice:currency(18,2)= TotalPrice:currency(18,2)= ServiceDate:date EndDate:date OrderItemNumber:autonumber(30)',
  ],
  [
    'Asset',
    '02i',
    'ContactId>Contact AccountId>Account ParentId>Asset RootAssetId>Asset= Product2Id>Product2 ProductCode:string(255)= IsCompetitorProduct:boolean SerialNumber:string(80) InstallDate:date PurchaseDate:date UsageEndDate:date Status:picklist(255)[Shipped,Installed,Registered,Obsolete] Price:currency(18,2) Quantity:double(12,2) Description:textarea(32000) Name:string(255)! Address:address RecordTypeId>RecordType',
  ],
  [
    'Solution',
    '501',
    'SolutionNumber:autonumber(30) SolutionName:string(255)! IsPublished:boolean Status:picklist(255)[Draft,Reviewed,Duplicate] SolutionNote:textarea(32000) TimesUsed:int(8)=',
  ],
  [
    'UserRole',
    '00E',
    'Name:string(80)! ParentRoleId>UserRole RollupDescription:string(80) DeveloperName:string(80) PortalType:picklist(40)[None,CustomerPortal,Partner]',
  ],
  [
    'UserLicense',
    '100',
    'LicenseDefinitionKey:string(40)= TotalLicenses:int(8)= Status:picklist(40)[Active,Disabled]= UsedLicenses:int(8)= Name:string(40)=',
  ],
  [
    'PermissionSet',
    '0PS',
    'Name:string(80)! Label:string(80)! LicenseId>UserLicense ProfileId>Profile IsOwnedByProfile:boolean IsCustom:boolean Description:string(255) PermissionsApiEnabled:boolean PermissionsViewSetup:boolean PermissionsModifyAllData:boolean PermissionsViewAllData:boolean NamespacePrefix:string(15)',
  ],
  [
    'PermissionSetAssignment',
    '0Pa',
    'PermissionSetId>PermissionSet! AssigneeId>User! IsActive:boolean ExpirationDate:datetime',
  ],
  [
    'Individual',
    '0PK',
    'Name:personname BirthDate:date HasOptedOutProcessing:boolean HasOptedOutTracking:boolean ShouldForget:boolean CanStorePiiElsewhere:boolean',
  ],
  ['Note', '002', 'ParentId>#any! Title:string(80)! IsPrivate:boolean Body:textarea(32000)'],
  [
    'FeedItem',
    '0D5',
    'ParentId>#any! Type:picklist(40)[TextPost,LinkPost,ContentPost,PollPost] Title:string(255) Body:textarea(10000) LinkUrl:url(1000) IsRichText:boolean RelatedRecordId>ContentVersion LikeCount:int(9)= CommentCount:int(9)=',
  ],
  [
    'ContentDocumentLink',
    '06A',
    'LinkedEntityId>#any! ContentDocumentId>ContentDocument! ShareType:picklist(40)[V,C,I] Visibility:picklist(40)[AllUsers,InternalUsers,SharedUsers]',
  ],
  [
    'ContentWorkspace',
    '058',
    'Name:string(80)! Description:textarea(1000) TagModel:picklist(40)[U,G] DeveloperName:string(80)',
  ],
  [
    'ExternalDataSource',
    '0XC',
    'DeveloperName:string(80)! MasterLabel:string(80)! Type:picklist(40)[OData,OData4,SfdcOrg,Identity] Endpoint:textarea(1000) Repository:string(255) IsWritable:boolean',
  ],
  [
    'EmailMessage',
    '02s',
    'ParentId>Case ActivityId>Task TextBody:textarea(131072) HtmlBody:htmlarea(131072) Headers:textarea(131072) Subject:string(3000) FromName:string(1000) FromAddress:email(1000) ToAddress:string(4000) Incoming:boolean HasAttachment:boolean= Status:picklist(40)[New,Read,Replied,Sent,Forwarded,Draft] MessageDate:datetime',
  ],
  ['CaseComment', '00a', 'ParentId>Case! IsPublished:boolean CommentBody:textarea(4000)'],
  [
    'Entitlement',
    '550',
    'Name:string(255)! AccountId>Account! Type:picklist(255) ServiceContractId>ServiceContract ContractLineItemId>ContractLineItem AssetId>Asset StartDate:date EndDate:date BusinessHoursId>BusinessHours Status:picklist(40)[Active,Expired,Inactive]=',
  ],
  [
    'ServiceContract',
    '810',
    'Name:string(255)! AccountId>Account ContactId>Contact Term:int(4) StartDate:date EndDate:date BillingAddress:address Status:picklist(40)[Active,Expired,Inactive]= Discount:percent(5,2) TotalPrice:currency(18,2)= ContractNumber:autonumber(30)',
  ],
  [
    'ContractLineItem',
    '811',
    'ServiceContractId>>ServiceContract! Product2Id>Product2 AssetId>Asset StartDate:date EndDate:date Quantity:double(10,2)! UnitPrice:currency(16,2)! Discount:percent(5,2) LineItemNumber:autonumber(30)',
  ],
  [
    'WorkOrder',
    '0WO',
    'WorkOrderNumber:autonumber(30) CaseId>Case AccountId>Account ContactId>Contact AssetId>Asset LocationId>Location Subject:string(255) Description:textarea(32000) Status:picklist(255)[New,In_Progress,On_Hold,Completed,Closed,Canceled] Priority:picklist(255)[Critical,High,Medium,Low] Address:address StartDate:datetime EndDate:datetime Duration:double(16,2)',
  ],
  [
    'WorkOrderLineItem',
    '1WL',
    'WorkOrderId>>WorkOrder! LineItemNumber:autonumber(30) Product2Id:string(18) Subject:string(255) Status:picklist(255) Duration:double(16,2) Description:textarea(32000)',
  ],
  [
    'ServiceAppointment',
    '08p',
    'AppointmentNumber:autonumber(30) ParentRecordId>Account|Asset|Case|Opportunity|WorkOrder|WorkOrderLineItem! AccountId>Account ContactId>Contact Address:address EarliestStartTime:datetime! DueDate:datetime! Duration:double(16,2) Status:picklist(255)[None,Scheduled,Dispatched,In_Progress,Completed,Canceled] Subject:string(255)',
  ],
  [
    'ServiceResource',
    '0Hn',
    'Name:string(255)! RelatedRecordId>User ResourceType:picklist(40)[Technician,Dispatcher,Crew] IsActive:boolean LastKnownLatitude:double(18,15) LastKnownLongitude:double(18,15)',
  ],
  [
    'Quote',
    '0Q0',
    'OpportunityId>Opportunity Pricebook2Id>Pricebook2 ContactId>Contact Name:string(255)! QuoteNumber:autonumber(30) ExpirationDate:date Status:picklist(255)[Draft,Needs_Review,In_Review,Approved,Rejected,Presented,Accepted,Denied] BillingAddress:address ShippingAddress:address QuoteToAddress:address GrandTotal:currency(18,2)= Discount:percent(5,2)= Tax:currency(18,2)',
  ],
  [
    'QuoteLineItem',
    '0QL',
    'QuoteId>>Quote! Product2Id>Product2 PricebookEntryId>PricebookEntry Quantity:double(12,2)! UnitPrice:currency(16,2)! Discount:percent(5,2) LineNumber:autonumber(30)',
  ],
  [
    'OpportunityHistory',
    '008',
    'OpportunityId>Opportunity= StageName:picklist(255)= Amount:currency(18,2)= ExpectedRevenue:currency(18,2)= CloseDate:date= Probability:percent(3,0)= ForecastCategory:picklist(40)=',
  ],
  [
    'Report',
    '00O',
    'Name:string(40)= FolderName:string(255)= Description:string(255)= DeveloperName:string(80)= NamespacePrefix:string(15)= LastRunDate:datetime= Format:picklist(40)[Tabular,Summary,Matrix]=',
  ],
  [
    'Dashboard',
    '01Z',
    'Title:string(80)= FolderName:string(255)= DeveloperName:string(80)= Type:picklist(40)[SpecifiedUser,LoggedInUser]= RunningUserId>User=',
  ],
];
