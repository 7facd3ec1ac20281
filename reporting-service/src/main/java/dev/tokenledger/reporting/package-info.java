package dev.tokenledger.reporting;
