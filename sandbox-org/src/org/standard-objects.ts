/**
 * The standard objects that every org knows, as `name, key prefix, fields`. A field is written as
 * `Name:type(size,scale)[values]` or `Name>Target|Target`; a trailing `!` makes it required, `=` read-only.
 * System fields (Id, owner, audit fields) are added for all of them, so they aren't listed.
 */
export const STANDARD_OBJECTS: readonly (readonly [
  name: string,
  keyPrefix: string,
  fields: string,
])[] = [
  [
    'Account',
    '001',
    'MasterRecordId>Account= Name:string(255)! Type:picklist(255)[Prospect,Customer_-_Direct,Customer_-_Channel,Channel_Partner_/_Reseller,Installation_Partner,Technology_Partner,Other] RecordTypeId>RecordType ParentId>Account BillingAddress:address ShippingAddress:address Phone:phone Fax:phone AccountNumber:string(40) Website:url(255) PhotoUrl:url(255)= Sic:string(20) Industry:picklist(255)[Agriculture,Apparel,Banking,Biotechnology,Chemicals,Communications,Construction,Consulting,Education,Electronics,Energy,Engineering,Entertainment,Environmental,Finance,Food_&_Beverage,Government,Healthcare,Hospitality,Insurance,Machinery,Manufacturing,Media,Retail,Shipping,Technology,Telecommunications,Transportation,Utilities] AnnualRevenue:currency(18,0) NumberOfEmployees:int(8) Ownership:picklist(255)[Public,Private,Subsidiary,Other] TickerSymbol:string(20) Description:textarea(32000) Rating:picklist(255)[Hot,Warm,Cold] Site:string(80) Jigsaw:string(20) CleanStatus:picklist(40)[Matched,Different,Acknowledged,NotFound,Inactive,Pending] AccountSource:picklist(255) DunsNumber:string(9) Tradestyle:string(255) NaicsCode:string(8) YearStarted:string(4) LastActivityDate:date= LastViewedDate:datetime=',
  ],
  [
    'Contact',
    '003',
    'MasterRecordId>Contact= AccountId>Account Name:personname OtherAddress:address MailingAddress:address Phone:phone Fax:phone MobilePhone:phone HomePhone:phone ReportsToId>Contact Email:email(80) Title:string(128) Department:string(80) AssistantName:string(40) LeadSource:picklist(255)[Web,Phone_Inquiry,Partner_Referral,Purchased_List,Other] Birthdate:date Description:textarea(32000) HasOptedOutOfEmail:boolean DoNotCall:boolean EmailBouncedReason:string(255) EmailBouncedDate:datetime PhotoUrl:url(255)= IndividualId>Individual LastActivityDate:date=',
  ],
  [
    'User',
    '005',
    'Username:string(80)! Name:personname CompanyName:string(80) Division:string(80) Department:string(80) Title:string(80) Address:address Email:email(128)! Phone:phone MobilePhone:phone Alias:string(8)! CommunityNickname:string(40)! IsActive:boolean TimeZoneSidKey:picklist(40)[America/Los_Angeles,America/New_York,Europe/London,Europe/Vienna,Europe/Berlin,Asia/Tokyo,Asia/Kolkata,Australia/Sydney]! UserRoleId>UserRole LocaleSidKey:picklist(40)[en_US,en_GB,de_AT,de_DE,fr_FR,ja_JP,es_ES,pt_BR]! EmailEncodingKey:picklist(40)[UTF-8,ISO-8859-1]! ProfileId>Profile! UserType:picklist(40)[Standard,PowerPartner,CsnOnly,Guest] LanguageLocaleKey:picklist(40)[en_US,de,es,fr,it,ja]! EmployeeNumber:string(20) DelegatedApproverId>Group|User ManagerId>User LastLoginDate:datetime= FederationIdentifier:string(512) ContactId>Contact AccountId>Account',
  ],
  [
    'Opportunity',
    '006',
    'AccountId>Account RecordTypeId>RecordType Name:string(120)! Description:textarea(32000) StageName:picklist(255)[Prospecting,Qualification,Needs_Analysis,Value_Proposition,Id._Decision_Makers,Perception_Analysis,Proposal/Price_Quote,Negotiation/Review,Closed_Won,Closed_Lost]! Amount:currency(18,2) Probability:percent(3,0) ExpectedRevenue:currency(18,2)= TotalOpportunityQuantity:double(18,2) CloseDate:date! Type:picklist(255)[Existing_Business,New_Business] NextStep:string(255) LeadSource:picklist(255) IsClosed:boolean= IsWon:boolean= ForecastCategory:picklist(40)[Omitted,Pipeline,BestCase,MostLikely,Forecast,Closed]= ForecastCategoryName:picklist(255) CampaignId>Campaign HasOpportunityLineItem:boolean= Pricebook2Id>Pricebook2 FiscalQuarter:int(8)= FiscalYear:int(8)= Fiscal:string(6)= ContactId>Contact LastAmountChangedHistoryId>OpportunityHistory=',
  ],
  [
    'Organization',
    '00D',
    'Name:string(80)! Division:string(80) Address:address Phone:phone Fax:phone PrimaryContact:string(80) DefaultLocaleSidKey:picklist(40)[en_US,de_AT] TimeZoneSidKey:picklist(40)[Europe/Vienna,America/Los_Angeles] LanguageLocaleKey:picklist(40)[en_US,de] FiscalYearStartMonth:int(3) InstanceName:string(5)= OrganizationType:picklist(40)[Enterprise_Edition,Developer_Edition,Unlimited_Edition]= IsSandbox:boolean= TrialExpirationDate:datetime= NamespacePrefix:string(15)= SignupCountryIsoCode:string(2)= IsReadOnly:boolean=',
  ],
  [
    'Group',
    '00G',
    'Name:string(40)! DeveloperName:string(80) RelatedId>User|UserRole Type:picklist(40)[Regular,Queue,Role,RoleAndSubordinates] Email:email(255) DoesSendEmailToMembers:boolean',
  ],
  [
    'RecordType',
    '012',
    'Name:string(80)! DeveloperName:string(80)! NamespacePrefix:string(15) Description:string(255) SobjectType:picklist(40)! IsActive:boolean',
  ],
  [
    'Profile',
    '00e',
    'Name:string(255)! UserLicenseId>UserLicense UserType:picklist(40) Description:string(255)',
  ],
  [
    'Lead',
    '00Q',
    'MasterRecordId>Lead= Name:personname Title:string(128) Company:string(255)! RecordTypeId>RecordType Address:address Phone:phone MobilePhone:phone Email:email(80) Website:url(255) LeadSource:picklist(255) Status:picklist(255)[Open_-_Not_Contacted,Working_-_Contacted,Closed_-_Converted,Closed_-_Not_Converted]! Industry:picklist(255) Rating:picklist(255)[Hot,Warm,Cold] AnnualRevenue:currency(18,0) NumberOfEmployees:int(8) IsConverted:boolean= ConvertedDate:date= ConvertedAccountId>Account= ConvertedContactId>Contact= ConvertedOpportunityId>Opportunity= IsUnreadByOwner:boolean',
  ],
  [
    'Case',
    '500',
    'CaseNumber:autonumber(30) ContactId>Contact AccountId>Account AssetId>Asset ParentId>Case SuppliedName:string(80) SuppliedEmail:email(80) Type:picklist(255) RecordTypeId>RecordType Status:picklist(255)[New,Working,Escalated,Closed] Reason:picklist(255) Origin:picklist(255)[Phone,Email,Web] Subject:string(255) Priority:picklist(255)[High,Medium,Low] Description:textarea(32000) IsClosed:boolean= ClosedDate:datetime= IsEscalated:boolean ContactPhone:phone= ContactEmail:email(80)= Comments:textarea(4000)',
  ],
  [
    'Task',
    '00T',
    'WhoId>Contact|Lead WhatId>#any Subject:combobox(255)[Call,Email,Send_Letter,Send_Quote,Other] ActivityDate:date Status:picklist(255)[Not_Started,In_Progress,Completed,Waiting,Deferred]! Priority:picklist(255)[High,Normal,Low]! IsHighPriority:boolean= Description:textarea(32000) IsClosed:boolean= IsArchived:boolean= CallDurationInSeconds:int(8) CallObject:string(255) ReminderDateTime:datetime IsReminderSet:boolean',
  ],
  [
    'Event',
    '00U',
    'WhoId>Contact|Lead WhatId>#any Subject:combobox(255)[Call,Meeting,Email,Other] Location:string(255) IsAllDayEvent:boolean ActivityDateTime:datetime ActivityDate:date DurationInMinutes:int(8) StartDateTime:datetime EndDateTime:datetime Description:textarea(32000) ShowAs:picklist(40)[Busy,OutOfOffice,Free] IsPrivate:boolean',
  ],
  [
    'Campaign',
    '701',
    'Name:string(80)! ParentId>Campaign Type:picklist(255) Status:picklist(255)[Planned,In_Progress,Completed,Aborted] StartDate:date EndDate:date ExpectedRevenue:currency(18,0) BudgetedCost:currency(18,0) ActualCost:currency(18,0) ExpectedResponse:percent(10,2) NumberSent:double(18,0) IsActive:boolean Description:textarea(32000) NumberOfLeads:int(8)=',
  ],
  [
    'Product2',
    '01t',
    'Name:string(255)! ProductCode:string(255) Description:textarea(4000) IsActive:boolean Family:picklist(255) ExternalDataSourceId>ExternalDataSource ExternalId:string(255) DisplayUrl:url(1000) QuantityUnitOfMeasure:picklist(255) StockKeepingUnit:string(180)',
  ],
  [
    'Attachment',
    '00P',
    'ParentId>#any! Name:string(255)! IsPrivate:boolean ContentType:string(120) BodyLength:int(9)= Body:base64(38797312)! Description:textarea(500)',
  ],
  [
    'ContentVersion',
    '068',
    'ContentDocumentId>ContentDocument IsLatest:boolean= ContentUrl:url(1333) VersionNumber:string(20)= Title:string(255)! Description:textarea(1000) PathOnClient:string(500) FileType:string(20)= VersionData:base64(2147483647) ContentSize:int(9)= FileSizeInBytes:long= Checksum:string(50)= TagCsv:textarea(2000)',
  ],
  [
    'ContentDocument',
    '069',
    'Title:string(255)! IsArchived:boolean FileType:string(20)= FileExtension:string(40)= ContentSize:int(9)= LatestPublishedVersionId>ContentVersion= ParentId>ContentWorkspace',
  ],
  [
    'KnowledgeCategorySelection',
    '02o',
    'ParentId>Case! DataCategoryGroupName:datacategorygroupreference(80)! DataCategoryName:datacategorygroupreference(80)! Name:string(80)',
  ],
  [
    'BusinessHours',
    '01m',
    'Name:string(80)! IsActive:boolean IsDefault:boolean TimeZoneSidKey:picklist(40) MondayStartTime:time MondayEndTime:time TuesdayStartTime:time TuesdayEndTime:time FridayStartTime:time FridayEndTime:time',
  ],
  [
    'Location',
    '131',
    'Name:string(255)! LocationType:picklist(255)[Warehouse,Site,Van,Plant] Location:location ParentLocationId>Location TimeZone:picklist(40) DrivingDirections:textarea(1000) IsMobile:boolean IsInventoryLocation:boolean OpenDate:date CloseDate:date',
  ],
  [
    'AiGroundingChunk',
    '0Vc',
    'Name:string(255)! SourceRecordId>Account|Case ChunkText:textarea(32000) Embedding:floatarray Keywords:textarray Score:double(18,15) Metadata:json',
  ],
  [
    'FlowOrchestrationLog',
    '0jL',
    'Name:string(255)! OrchestrationId>Case Context:json StepSettings:complexvalue ActorId>User|Group Timestamp:datetime DurationInMilliseconds:long',
  ],
  [
    'PaymentMethodSafe',
    '0sM',
    'Name:string(80)! CardNumber:encryptedstring(175) AccountId>Account Status:picklist(40)[Active,Inactive] ExpiryMonth:int(3) ExpiryYear:int(4)',
  ],
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
