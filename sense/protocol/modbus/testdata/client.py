from pymodbus.client import ModbusTcpClient
from pymodbus.mei_message import ReadDeviceInformationRequest
c=ModbusTcpClient('10.77.0.1',port=502); c.connect()
print(c.read_holding_registers(0,10,slave=1)); print(c.read_coils(0,8,slave=1)); print(c.read_input_registers(3,2,slave=1))
print(c.write_coil(3,True,slave=1)); print(c.write_registers(5,[1,2,3],slave=1)); print(c.read_holding_registers(500,10,slave=1)); print(c.write_register(7,9,slave=1))
print(c.execute(ReadDeviceInformationRequest(read_code=2,object_id=0,unit=1)).information)
c.close()
