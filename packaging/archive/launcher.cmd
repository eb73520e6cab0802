@rem Starts @NAME@ with the Node.js beside it.
@"%~dp0node.exe" "%~dp0@NAME@.js" %*
