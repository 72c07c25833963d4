package dcerpc

import (
	"encoding/hex"
	"strconv"
	"strings"

	"wardkeeper/ward"
)

func attr(name, value string) ward.Attr { return ward.Attr{Name: name, Value: value} }

// iface is a known interface.
type iface struct {
	name string
	ops  map[uint16]string
}

var (
	byUUID   = makeInterfaces()
	netlogon = byUUID[parseUUID("12345678-1234-abcd-ef00-01234567cffb")]
)

// parseUUID returns a UUID as it is on the wire, little-endian.
func parseUUID(text string) (u [16]byte) {
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != len(u) {
		panic("not a UUID: " + text) // only for a fault in the table below
	}
	copy(u[:], b)
	swap(u[:])
	return u
}

func makeInterfaces() map[[16]byte]*iface {
	all := map[[16]byte]*iface{}
	for _, x := range interfaceTable {
		i := &iface{name: x.name, ops: map[uint16]string{}}
		f := strings.Fields(x.ops)
		for k := 0; k+1 < len(f); k += 2 {
			n, err := strconv.ParseUint(f[k], 10, 16)
			if err != nil {
				panic("not an operation number: " + f[k])
			}
			i.ops[uint16(n)] = f[k+1]
		}
		all[parseUUID(x.uuid)] = i
	}
	return all
}

// interfaceTable lists interfaces with their operations by number, from the
// [MS-*] protocol documents named after each.
var interfaceTable = []struct{ uuid, name, ops string }{
	{"e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epmapper", "0 ept_insert 1 ept_delete 2 ept_lookup 3 ept_map 4 ept_lookup_handle_free 5 ept_inq_object 6 ept_mgmt_delete"},
	{"367abb81-9844-35f1-ad32-98f038001003", "svcctl", // [MS-SCMR] 3.1.4
		"0 RCloseServiceHandle 1 RControlService 2 RDeleteService 3 RLockServiceDatabase 4 RQueryServiceObjectSecurity 5 RSetServiceObjectSecurity 6 RQueryServiceStatus 7 RSetServiceStatus 11 RChangeServiceConfigW 12 RCreateServiceW 13 REnumDependentServicesW 14 REnumServicesStatusW 15 ROpenSCManagerW 16 ROpenServiceW 17 RQueryServiceConfigW 18 RQueryServiceLockStatusW 19 RStartServiceW 20 RGetServiceDisplayNameW 21 RGetServiceKeyNameW 23 RChangeServiceConfigA 24 RCreateServiceA 27 ROpenSCManagerA 28 ROpenServiceA 29 RQueryServiceConfigA 31 RStartServiceA 36 RChangeServiceConfig2A 37 RChangeServiceConfig2W 39 RQueryServiceConfig2W 40 RQueryServiceStatusEx 42 REnumServicesStatusExW 44 RCreateServiceWOW64A 45 RCreateServiceWOW64W"},
	{"e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi", // [MS-DRSR] 4.1
		"0 IDL_DRSBind 1 IDL_DRSUnbind 2 IDL_DRSReplicaSync 3 IDL_DRSGetNCChanges 4 IDL_DRSUpdateRefs 5 IDL_DRSReplicaAdd 6 IDL_DRSReplicaDel 7 IDL_DRSReplicaModify 8 IDL_DRSVerifyNames 9 IDL_DRSGetMemberships 10 IDL_DRSInterDomainMove 11 IDL_DRSGetNT4ChangeLog 12 IDL_DRSCrackNames 13 IDL_DRSWriteSPN 14 IDL_DRSRemoveDsServer 15 IDL_DRSRemoveDsDomain 16 IDL_DRSDomainControllerInfo 17 IDL_DRSAddEntry 18 IDL_DRSExecuteKCC 19 IDL_DRSGetReplInfo 20 IDL_DRSAddSidHistory 21 IDL_DRSGetMemberships2 22 IDL_DRSReplicaVerifyObjects"},
	{"12345678-1234-abcd-ef00-01234567cffb", "netlogon", // [MS-NRPC] 3.5.4
		"0 NetrLogonUasLogon 1 NetrLogonUasLogoff 2 NetrLogonSamLogon 3 NetrLogonSamLogoff 4 NetrServerReqChallenge 5 NetrServerAuthenticate 6 NetrServerPasswordSet 7 NetrDatabaseDeltas 8 NetrDatabaseSync 11 NetrGetDCName 12 NetrLogonControl 13 NetrGetAnyDCName 14 NetrLogonControl2 15 NetrServerAuthenticate2 16 NetrDatabaseSync2 18 NetrLogonControl2Ex 20 DsrGetDcName 21 NetrLogonGetCapabilities 26 NetrServerAuthenticate3 27 DsrGetDcNameEx 28 DsrGetSiteName 29 NetrLogonGetDomainInfo 30 NetrServerPasswordSet2 31 NetrServerPasswordGet 34 DsrGetDcNameEx2 36 NetrEnumerateTrustedDomainsEx 39 NetrLogonSamLogonEx 40 DsrEnumerateDomainTrusts 42 NetrServerTrustPasswordsGet 43 DsrGetForestTrustInformation 45 NetrLogonSamLogonWithFlags 46 NetrServerGetTrustInfo"},
	{"1ff70682-0a51-30e8-076d-740be8cee98b", "atsvc", "0 NetrJobAdd 1 NetrJobDel 2 NetrJobEnum 3 NetrJobGetInfo"}, // [MS-TSCH] 3.2.5.2
	{"378e52b0-c0a9-11cf-822d-00aa0051e40f", "sasec", "0 SASetAccountInformation 1 SASetNSAccountInformation 2 SAGetNSAccountInformation 3 SAGetAccountInformation"},
	{"86d35949-83c9-4044-b424-db363231fd0c", "taskscheduler", // [MS-TSCH] 3.2.5.4
		"0 SchRpcHighestVersion 1 SchRpcRegisterTask 2 SchRpcRetrieveTask 3 SchRpcCreateFolder 4 SchRpcSetSecurity 5 SchRpcGetSecurity 6 SchRpcEnumFolders 7 SchRpcEnumTasks 8 SchRpcEnumInstances 9 SchRpcGetInstanceInfo 10 SchRpcStopInstance 11 SchRpcStop 12 SchRpcRun 13 SchRpcDelete 14 SchRpcRename 15 SchRpcScheduledRuntimes 16 SchRpcGetLastRunInfo 17 SchRpcGetTaskInfo 18 SchRpcGetNumberOfMissedRuns 19 SchRpcEnableTask"},
	{"338cd001-2244-31f1-aaaa-900038001003", "winreg", // [MS-RRP] 3.1.5
		"0 OpenClassesRoot 1 OpenCurrentUser 2 OpenLocalMachine 3 OpenPerformanceData 4 OpenUsers 5 BaseRegCloseKey 6 BaseRegCreateKey 7 BaseRegDeleteKey 8 BaseRegDeleteValue 9 BaseRegEnumKey 10 BaseRegEnumValue 11 BaseRegFlushKey 12 BaseRegGetKeySecurity 13 BaseRegLoadKey 15 BaseRegOpenKey 16 BaseRegQueryInfoKey 17 BaseRegQueryValue 18 BaseRegReplaceKey 19 BaseRegRestoreKey 20 BaseRegSaveKey 21 BaseRegSetKeySecurity 22 BaseRegSetValue 23 BaseRegUnLoadKey 26 BaseRegGetVersion 27 OpenCurrentConfig 29 BaseRegQueryMultipleValues 31 BaseRegSaveKeyEx 32 OpenPerformanceText 33 OpenPerformanceNlsText 34 BaseRegQueryMultipleValues2 35 BaseRegDeleteKeyEx"},
	{"12345778-1234-abcd-ef00-0123456789ac", "samr", // [MS-SAMR] 3.1.5
		"0 SamrConnect 1 SamrCloseHandle 2 SamrSetSecurityObject 3 SamrQuerySecurityObject 5 SamrLookupDomainInSamServer 6 SamrEnumerateDomainsInSamServer 7 SamrOpenDomain 8 SamrQueryInformationDomain 9 SamrSetInformationDomain 10 SamrCreateGroupInDomain 11 SamrEnumerateGroupsInDomain 12 SamrCreateUserInDomain 13 SamrEnumerateUsersInDomain 14 SamrCreateAliasInDomain 15 SamrEnumerateAliasesInDomain 16 SamrGetAliasMembership 17 SamrLookupNamesInDomain 18 SamrLookupIdsInDomain 19 SamrOpenGroup 20 SamrQueryInformationGroup 22 SamrAddMemberToGroup 25 SamrGetMembersInGroup 27 SamrOpenAlias 28 SamrQueryInformationAlias 31 SamrAddMemberToAlias 33 SamrGetMembersInAlias 34 SamrOpenUser 35 SamrDeleteUser 36 SamrQueryInformationUser 37 SamrSetInformationUser 38 SamrChangePasswordUser 39 SamrGetGroupsForUser 40 SamrQueryDisplayInformation 44 SamrGetUserDomainPasswordInformation 46 SamrQueryInformationDomain2 47 SamrQueryInformationUser2 48 SamrQueryDisplayInformation2 50 SamrCreateUser2InDomain 51 SamrQueryDisplayInformation3 54 SamrOemChangePasswordUser2 55 SamrUnicodeChangePasswordUser2 56 SamrGetDomainPasswordInformation 57 SamrConnect2 58 SamrSetInformationUser2 62 SamrConnect4 64 SamrConnect5 65 SamrRidToSid 66 SamrSetDSRMPassword 67 SamrValidatePassword"},
	{"12345778-1234-abcd-ef00-0123456789ab", "lsarpc", // [MS-LSAD] 3.1.4, [MS-LSAT] 3.1.4
		"0 LsarClose 2 LsarEnumeratePrivileges 3 LsarQuerySecurityObject 4 LsarSetSecurityObject 6 LsarOpenPolicy 7 LsarQueryInformationPolicy 8 LsarSetInformationPolicy 10 LsarCreateAccount 11 LsarEnumerateAccounts 12 LsarCreateTrustedDomain 13 LsarEnumerateTrustedDomains 14 LsarLookupNames 15 LsarLookupSids 16 LsarCreateSecret 17 LsarOpenAccount 18 LsarEnumeratePrivilegesAccount 19 LsarAddPrivilegesToAccount 25 LsarOpenTrustedDomain 28 LsarOpenSecret 29 LsarSetSecret 30 LsarQuerySecret 31 LsarLookupPrivilegeValue 32 LsarLookupPrivilegeName 35 LsarEnumerateAccountsWithUserRight 36 LsarEnumerateAccountRights 37 LsarAddAccountRights 42 LsarStorePrivateData 43 LsarRetrievePrivateData 44 LsarOpenPolicy2 45 LsarGetUserName 46 LsarQueryInformationPolicy2 50 LsarEnumerateTrustedDomainsEx 57 LsarLookupSids2 58 LsarLookupNames2 68 LsarLookupNames3 76 LsarLookupSids3 77 LsarLookupNames4"},
	{"4b324fc8-1670-01d3-1278-5a47bf6ee188", "srvsvc", // [MS-SRVS] 3.1.4
		"8 NetrConnectionEnum 9 NetrFileEnum 10 NetrFileGetInfo 11 NetrFileClose 12 NetrSessionEnum 13 NetrSessionDel 14 NetrShareAdd 15 NetrShareEnum 16 NetrShareGetInfo 17 NetrShareSetInfo 18 NetrShareDel 21 NetrServerGetInfo 22 NetrServerSetInfo 23 NetrServerDiskEnum 24 NetrServerStatisticsGet 28 NetrRemoteTOD 30 NetprPathType 31 NetprPathCanonicalize 32 NetprPathCompare 33 NetprNameValidate 34 NetprNameCanonicalize 36 NetrShareEnumSticky"},
	{"6bffd098-a112-3610-9833-46c3f87e345a", "wkssvc", // [MS-WKST] 3.2.4
		"0 NetrWkstaGetInfo 1 NetrWkstaSetInfo 2 NetrWkstaUserEnum 5 NetrWkstaTransportEnum 8 NetrUseAdd 11 NetrUseEnum 13 NetrWorkstationStatisticsGet 20 NetrGetJoinInformation 22 NetrJoinDomain2 23 NetrUnjoinDomain2 24 NetrRenameMachineInDomain2 25 NetrValidateName2 26 NetrGetJoinableOUs2 30 NetrEnumerateComputerNames"},
	{"12345678-1234-abcd-ef00-0123456789ab", "spoolss", // [MS-RPRN] 3.1.4
		"0 RpcEnumPrinters 1 RpcOpenPrinter 2 RpcSetJob 3 RpcGetJob 4 RpcEnumJobs 5 RpcAddPrinter 6 RpcDeletePrinter 7 RpcSetPrinter 8 RpcGetPrinter 9 RpcAddPrinterDriver 10 RpcEnumPrinterDrivers 11 RpcGetPrinterDriver 12 RpcGetPrinterDriverDirectory 17 RpcStartDocPrinter 18 RpcStartPagePrinter 19 RpcWritePrinter 20 RpcEndPagePrinter 23 RpcEndDocPrinter 26 RpcGetPrinterData 29 RpcClosePrinter 56 RpcFindClosePrinterChangeNotification 62 RpcRemoteFindFirstPrinterChangeNotification 65 RpcRemoteFindFirstPrinterChangeNotificationEx 69 RpcOpenPrinterEx 70 RpcAddPrinterEx 89 RpcAddPrinterDriverEx"},
	{"76f03f96-cdfd-44fc-a22c-64950a001209", "asyncspool", "0 RpcAsyncOpenPrinter 1 RpcAsyncAddPrinter 20 RpcAsyncClosePrinter 38 RpcAsyncEnumPrinters 39 RpcAsyncAddPrinterDriver 40 RpcAsyncEnumPrinterDrivers"}, // [MS-PAR] 3.1.4
	{"c681d488-d850-11d0-8c52-00c04fd90f7e", "efsrpc", efs},
	{"df1941c5-fe89-4e79-bf10-463657acf44d", "efsrpc", efs},
	{"4fc742e0-4a10-11cf-8273-00aa004ae673", "netdfs", "0 NetrDfsManagerGetVersion 1 NetrDfsAdd 2 NetrDfsRemove 4 NetrDfsGetInfo 5 NetrDfsEnum 12 NetrDfsAddStdRoot 13 NetrDfsRemoveStdRoot 21 NetrDfsEnumEx"}, // [MS-DFSNM] 3.1.4
	{"a8e0653c-2744-4389-a61d-7373df8b2292", "fssagentrpc", "0 GetSupportedVersion 1 SetContext 2 StartShadowCopySet 3 AddToShadowCopySet 4 CommitShadowCopySet 8 IsPathSupported 9 IsPathShadowCopied 10 GetShareMapping 11 DeleteShareMapping"},
	{"82273fdc-e32a-18c3-3f78-827929dc23ea", "eventlog", "0 ElfrClearELFW 1 ElfrBackupELFW 2 ElfrCloseEL 4 ElfrNumberOfRecords 7 ElfrOpenELW 10 ElfrReadELW 11 ElfrReportEventW 12 ElfrClearELFA"},
	{"f6beaff7-1e19-4fbb-9f8f-b89e2018337c", "eventlog6", "0 EvtRpcRegisterRemoteSubscription 4 EvtRpcRegisterControllableOperation 5 EvtRpcRegisterLogQuery 6 EvtRpcClearLog 7 EvtRpcExportLog 11 EvtRpcQueryNext"},
	{"3919286a-b10c-11d0-9ba8-00c04fd92ef5", "dssetup", "0 DsRolerGetPrimaryDomainInformation"},
	{"50abc2a4-574d-40b3-9d66-ee4fd5fba076", "dnsserver", "0 R_DnssrvOperation 1 R_DnssrvQuery 2 R_DnssrvComplexOperation 3 R_DnssrvEnumRecords 4 R_DnssrvUpdateRecord 5 R_DnssrvOperation2 6 R_DnssrvQuery2 9 R_DnssrvUpdateRecord2"},
	{"894de0c0-0d55-11d3-a322-00c04fa321a1", "initshutdown", "0 BaseInitiateShutdown 1 BaseAbortShutdown 2 BaseInitiateShutdownEx"},
	{"3dde7c30-165d-11d1-ab8f-00805f14db40", "backupkey", "0 BackuprKey"},
	{"f5cc5a18-4264-101a-8c59-08002b2f8426", "nspi", "0 NspiBind 1 NspiUnbind 3 NspiQueryRows 5 NspiGetMatches 9 NspiGetProps"},
	{"afa8bd80-7d8a-11c9-bef4-08002b102989", "mgmt", "0 inq_if_ids 1 inq_stats 2 is_server_listening 3 stop_server_listening 4 inq_princ_name"},
	{"4d9f4ab8-7d1c-11cf-861e-0020af6e7c57", "IActivation", "0 RemoteActivation"}, // [MS-DCOM] 3.1.2.5
	{"000001a0-0000-0000-c000-000000000046", "IRemoteSCMActivator", "3 RemoteGetClassObject 4 RemoteCreateInstance"},
	{"99fcfec4-5260-101b-bbcb-00aa0021347a", "IObjectExporter", "0 ResolveOxid 1 SimplePing 2 ComplexPing 3 ServerAlive 4 ResolveOxid2 5 ServerAlive2"},
	{"00000131-0000-0000-c000-000000000046", "IRemUnknown", "3 RemQueryInterface 4 RemAddRef 5 RemRelease"},
	{"00000143-0000-0000-c000-000000000046", "IRemUnknown2", "3 RemQueryInterface 4 RemAddRef 5 RemRelease 6 RemQueryInterface2"},
	{"00020400-0000-0000-c000-000000000046", "IDispatch", "3 GetTypeInfoCount 4 GetTypeInfo 5 GetIDsOfNames 6 Invoke"},
	{"f309ad18-d86a-11d0-a075-00c04fb68820", "IWbemLevel1Login", "3 EstablishPosition 4 RequestChallenge 5 WBEMLogin 6 NTLMLogin"}, // [MS-WMI] 3.1.4
	{"d4781cd6-e5d3-44df-ad94-930efe48a887", "IWbemLoginClientID", "3 SetClientInfo"},
	{"9556dc99-828c-11cf-a37e-00aa003240c7", "IWbemServices", "3 OpenNamespace 4 CancelAsyncCall 5 QueryObjectSink 6 GetObject 7 GetObjectAsync 8 PutClass 9 PutClassAsync 10 DeleteClass 12 CreateClassEnum 14 PutInstance 15 PutInstanceAsync 16 DeleteInstance 18 CreateInstanceEnum 20 ExecQuery 21 ExecQueryAsync 22 ExecNotificationQuery 24 ExecMethod 25 ExecMethodAsync"},
	{"027947e1-d731-11ce-a357-000000000001", "IEnumWbemClassObject", "3 Reset 4 Next 5 NextAsync 6 Clone 7 Skip"},
	{"1c1c45ee-4395-11d2-b60b-00104b703efd", "IWbemFetchSmartEnum", "3 GetSmartEnum"},
	{"423ec01e-2e35-11d2-b604-00104b703efd", "IWbemWCOSmartEnum", "3 Next"},
}

// efs holds the operations of [MS-EFSR] 3.1.4, on either of its interfaces.
const efs = "0 EfsRpcOpenFileRaw 1 EfsRpcReadFileRaw 2 EfsRpcWriteFileRaw 3 EfsRpcCloseRaw 4 EfsRpcEncryptFileSrv 5 EfsRpcDecryptFileSrv 6 EfsRpcQueryUsersOnFile 7 EfsRpcQueryRecoveryAgents 8 EfsRpcRemoveUsersFromFile 9 EfsRpcAddUsersToFile 12 EfsRpcFileKeyInfo 13 EfsRpcDuplicateEncryptionInfoFile 15 EfsRpcAddUsersToFileEx"
