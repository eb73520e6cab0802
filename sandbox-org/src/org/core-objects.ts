import type { StandardObject } from './standard-objects.ts';

/** The standard objects of nearly every org. */
export const CORE_OBJECTS: readonly StandardObject[] = [
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
];
