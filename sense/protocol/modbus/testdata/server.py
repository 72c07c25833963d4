import asyncio
from pymodbus.server import StartTcpServer
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.datastore import *
st=ModbusSlaveContext(di=ModbusSequentialDataBlock(0,[1]*100),co=ModbusSequentialDataBlock(0,[0]*100),hr=ModbusSequentialDataBlock(0,[7]*100),ir=ModbusSequentialDataBlock(0,[9]*100))
i=ModbusDeviceIdentification(); i.VendorName='Schneider Electric'; i.ProductCode='BMX P34 2020'; i.MajorMinorRevision='v2.8'; i.ProductName='Modicon M340'; i.ModelName='M340'
StartTcpServer(context=ModbusServerContext(slaves=st,single=True),identity=i,address=('10.77.0.1',502))
