/** Imported first: the product's logger reads these when it is made, as in a function. */

process.env.POWERTOOLS_SERVICE_NAME = 'holdpoint';
process.env.POWERTOOLS_METRICS_NAMESPACE = 'Holdpoint';
process.env.POWERTOOLS_LOG_LEVEL = 'INFO';
