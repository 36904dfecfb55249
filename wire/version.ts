/** What the API and the MCP server say that they are. */
export const apiVersion = '0.1.0';
