package dev.tokenledger.alerting;
