/** Made by scripts/generate/resources.ts from crds/*.yaml. Do not edit. */
export const schemas: Readonly<Record<"FalcoRule" | "AlertSink" | "SecurityAlert" | "NodeAgent", object>> = {
 "FalcoRule": {
  "type": "object",
  "required": [
   "spec"
  ],
  "properties": {
   "apiVersion": {
    "type": "string"
   },
   "kind": {
    "type": "string"
   },
   "metadata": {
    "type": "object"
   },
   "spec": {
    "type": "object",
    "properties": {
     "source": {
      "type": "string",
      "minLength": 1,
      "maxLength": 63
     },
     "order": {
      "type": "integer",
      "format": "int32",
      "minimum": 0,
      "maximum": 99,
      "default": 50
     },
     "requires": {
      "type": "object",
      "properties": {
       "engineVersion": {
        "x-kubernetes-int-or-string": true,
        "anyOf": [
         {
          "type": "integer"
         },
         {
          "type": "string"
         }
        ],
        "maxLength": 63
       },
       "plugins": {
        "type": "array",
        "maxItems": 64,
        "x-kubernetes-list-type": "atomic",
        "items": {
         "type": "object",
         "required": [
          "name",
          "version"
         ],
         "properties": {
          "name": {
           "type": "string",
           "minLength": 1,
           "maxLength": 253
          },
          "version": {
           "type": "string",
           "minLength": 1,
           "maxLength": 63
          },
          "alternatives": {
           "type": "array",
           "maxItems": 16,
           "x-kubernetes-list-type": "atomic",
           "items": {
            "type": "object",
            "required": [
             "name",
             "version"
            ],
            "properties": {
             "name": {
              "type": "string",
              "minLength": 1,
              "maxLength": 253
             },
             "version": {
              "type": "string",
              "minLength": 1,
              "maxLength": 63
             }
            }
           }
          }
         }
        }
       }
      }
     },
     "lists": {
      "type": "array",
      "maxItems": 500,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "list"
      ],
      "items": {
       "type": "object",
       "required": [
        "list"
       ],
       "properties": {
        "list": {
         "type": "string",
         "minLength": 1,
         "maxLength": 253
        },
        "items": {
         "type": "array",
         "maxItems": 2000,
         "x-kubernetes-list-type": "atomic",
         "items": {
          "x-kubernetes-int-or-string": true,
          "anyOf": [
           {
            "type": "integer"
           },
           {
            "type": "string"
           }
          ],
          "maxLength": 256
         }
        },
        "append": {
         "type": "boolean"
        },
        "override": {
         "type": "object",
         "properties": {
          "items": {
           "type": "string",
           "enum": [
            "append",
            "replace"
           ]
          }
         }
        }
       }
      }
     },
     "macros": {
      "type": "array",
      "maxItems": 500,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "macro"
      ],
      "items": {
       "type": "object",
       "required": [
        "macro"
       ],
       "properties": {
        "macro": {
         "type": "string",
         "minLength": 1,
         "maxLength": 253
        },
        "condition": {
         "type": "string",
         "minLength": 1,
         "maxLength": 65536
        },
        "append": {
         "type": "boolean"
        },
        "override": {
         "type": "object",
         "properties": {
          "condition": {
           "type": "string",
           "enum": [
            "append",
            "replace"
           ]
          }
         }
        }
       }
      }
     },
     "rules": {
      "type": "array",
      "maxItems": 500,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "rule"
      ],
      "items": {
       "type": "object",
       "required": [
        "rule"
       ],
       "x-kubernetes-validations": [
        {
         "rule": "has(self.override) || (has(self.append) && self.append) || (has(self.condition) && has(self.output) && has(self.desc) && has(self.priority)) || (has(self.enabled) && !has(self.condition) && !has(self.output) && !has(self.desc) && !has(self.priority))",
         "message": "a new rule needs condition, output, desc and priority; to change a rule of an earlier object add override, e.g. override: {condition: append}",
         "reason": "FieldValueRequired"
        }
       ],
       "properties": {
        "rule": {
         "type": "string",
         "minLength": 1,
         "maxLength": 253
        },
        "desc": {
         "type": "string",
         "maxLength": 4096
        },
        "condition": {
         "type": "string",
         "minLength": 1,
         "maxLength": 65536
        },
        "output": {
         "type": "string",
         "maxLength": 4096
        },
        "priority": {
         "type": "string",
         "minLength": 1,
         "maxLength": 13,
         "x-kubernetes-validations": [
          {
           "rule": "self.lowerAscii() in ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'info', 'debug']",
           "message": "must be one of EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL, INFO, DEBUG (upper or lower case)",
           "reason": "FieldValueInvalid"
          }
         ]
        },
        "source": {
         "type": "string",
         "minLength": 1,
         "maxLength": 63
        },
        "tags": {
         "type": "array",
         "maxItems": 64,
         "x-kubernetes-list-type": "atomic",
         "items": {
          "type": "string",
          "maxLength": 64
         }
        },
        "enabled": {
         "type": "boolean"
        },
        "exceptions": {
         "type": "array",
         "maxItems": 64,
         "x-kubernetes-list-type": "map",
         "x-kubernetes-list-map-keys": [
          "name"
         ],
         "items": {
          "type": "object",
          "required": [
           "name"
          ],
          "properties": {
           "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253
           },
           "fields": {
            "x-kubernetes-preserve-unknown-fields": true
           },
           "comps": {
            "x-kubernetes-preserve-unknown-fields": true
           },
           "values": {
            "type": "array",
            "maxItems": 2000,
            "x-kubernetes-list-type": "atomic",
            "items": {
             "x-kubernetes-preserve-unknown-fields": true
            }
           }
          }
         }
        },
        "capture": {
         "type": "boolean"
        },
        "capture_duration": {
         "type": "integer",
         "format": "int64",
         "minimum": 0,
         "maximum": 3600000
        },
        "warn_evttypes": {
         "type": "boolean"
        },
        "skip-if-unknown-filter": {
         "type": "boolean"
        },
        "append": {
         "type": "boolean"
        },
        "override": {
         "type": "object",
         "properties": {
          "condition": {
           "type": "string",
           "enum": [
            "append",
            "replace"
           ]
          },
          "output": {
           "type": "string",
           "enum": [
            "append",
            "replace"
           ]
          },
          "desc": {
           "type": "string",
           "enum": [
            "append",
            "replace"
           ]
          },
          "tags": {
           "type": "string",
           "enum": [
            "append",
            "replace"
           ]
          },
          "exceptions": {
           "type": "string",
           "enum": [
            "append",
            "replace"
           ]
          },
          "priority": {
           "type": "string",
           "enum": [
            "replace"
           ]
          },
          "enabled": {
           "type": "string",
           "enum": [
            "replace"
           ]
          },
          "capture": {
           "type": "string",
           "enum": [
            "replace"
           ]
          },
          "capture_duration": {
           "type": "string",
           "enum": [
            "replace"
           ]
          },
          "warn_evttypes": {
           "type": "string",
           "enum": [
            "replace"
           ]
          },
          "skip-if-unknown-filter": {
           "type": "string",
           "enum": [
            "replace"
           ]
          }
         }
        }
       }
      }
     },
     "selector": {
      "type": "object",
      "properties": {
       "namespaceSelector": {
        "type": "object",
        "properties": {
         "matchLabels": {
          "type": "object",
          "maxProperties": 64,
          "additionalProperties": {
           "type": "string",
           "maxLength": 63
          }
         },
         "matchExpressions": {
          "type": "array",
          "maxItems": 64,
          "x-kubernetes-list-type": "atomic",
          "items": {
           "type": "object",
           "required": [
            "key",
            "operator"
           ],
           "x-kubernetes-validations": [
            {
             "rule": "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
             "message": "In and NotIn need values, Exists and DoesNotExist take none"
            }
           ],
           "properties": {
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 317
            },
            "operator": {
             "type": "string",
             "enum": [
              "In",
              "NotIn",
              "Exists",
              "DoesNotExist"
             ]
            },
            "values": {
             "type": "array",
             "maxItems": 64,
             "x-kubernetes-list-type": "atomic",
             "items": {
              "type": "string",
              "maxLength": 63
             }
            }
           }
          }
         }
        }
       },
       "podSelector": {
        "type": "object",
        "properties": {
         "matchLabels": {
          "type": "object",
          "maxProperties": 64,
          "additionalProperties": {
           "type": "string",
           "maxLength": 63
          }
         },
         "matchExpressions": {
          "type": "array",
          "maxItems": 64,
          "x-kubernetes-list-type": "atomic",
          "items": {
           "type": "object",
           "required": [
            "key",
            "operator"
           ],
           "x-kubernetes-validations": [
            {
             "rule": "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
             "message": "In and NotIn need values, Exists and DoesNotExist take none"
            }
           ],
           "properties": {
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 317
            },
            "operator": {
             "type": "string",
             "enum": [
              "In",
              "NotIn",
              "Exists",
              "DoesNotExist"
             ]
            },
            "values": {
             "type": "array",
             "maxItems": 64,
             "x-kubernetes-list-type": "atomic",
             "items": {
              "type": "string",
              "maxLength": 63
             }
            }
           }
          }
         }
        }
       },
       "nodeSelector": {
        "type": "object",
        "properties": {
         "matchLabels": {
          "type": "object",
          "maxProperties": 64,
          "additionalProperties": {
           "type": "string",
           "maxLength": 63
          }
         },
         "matchExpressions": {
          "type": "array",
          "maxItems": 64,
          "x-kubernetes-list-type": "atomic",
          "items": {
           "type": "object",
           "required": [
            "key",
            "operator"
           ],
           "x-kubernetes-validations": [
            {
             "rule": "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
             "message": "In and NotIn need values, Exists and DoesNotExist take none"
            }
           ],
           "properties": {
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 317
            },
            "operator": {
             "type": "string",
             "enum": [
              "In",
              "NotIn",
              "Exists",
              "DoesNotExist"
             ]
            },
            "values": {
             "type": "array",
             "maxItems": 64,
             "x-kubernetes-list-type": "atomic",
             "items": {
              "type": "string",
              "maxLength": 63
             }
            }
           }
          }
         }
        }
       }
      }
     },
     "sinks": {
      "type": "array",
      "maxItems": 64,
      "x-kubernetes-list-type": "set",
      "items": {
       "type": "string",
       "minLength": 1,
       "maxLength": 253
      }
     }
    }
   },
   "status": {
    "type": "object",
    "properties": {
     "observedGeneration": {
      "type": "integer",
      "format": "int64"
     },
     "conditions": {
      "type": "array",
      "maxItems": 16,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "type"
      ],
      "items": {
       "type": "object",
       "required": [
        "type",
        "status",
        "lastTransitionTime",
        "reason",
        "message"
       ],
       "properties": {
        "type": {
         "type": "string",
         "minLength": 1,
         "maxLength": 316
        },
        "status": {
         "type": "string",
         "enum": [
          "True",
          "False",
          "Unknown"
         ]
        },
        "observedGeneration": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "lastTransitionTime": {
         "type": "string",
         "format": "date-time"
        },
        "reason": {
         "type": "string",
         "minLength": 1,
         "maxLength": 1024,
         "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
        },
        "message": {
         "type": "string",
         "maxLength": 32768
        }
       }
      }
     },
     "digest": {
      "type": "string",
      "maxLength": 64
     },
     "ruleCount": {
      "type": "integer",
      "format": "int32",
      "minimum": 0
     },
     "nodes": {
      "type": "object",
      "properties": {
       "wanted": {
        "type": "integer",
        "format": "int32",
        "minimum": 0
       },
       "loaded": {
        "type": "integer",
        "format": "int32",
        "minimum": 0
       },
       "failed": {
        "type": "integer",
        "format": "int32",
        "minimum": 0
       },
       "text": {
        "type": "string",
        "maxLength": 32
       },
       "failures": {
        "type": "array",
        "maxItems": 5,
        "x-kubernetes-list-type": "atomic",
        "items": {
         "type": "object",
         "required": [
          "node",
          "message"
         ],
         "properties": {
          "node": {
           "type": "string",
           "maxLength": 253
          },
          "message": {
           "type": "string",
           "maxLength": 1024
          }
         }
        }
       }
      }
     },
     "rules": {
      "type": "array",
      "maxItems": 500,
      "x-kubernetes-list-type": "atomic",
      "items": {
       "type": "object",
       "required": [
        "name",
        "matches"
       ],
       "properties": {
        "name": {
         "type": "string",
         "maxLength": 253
        },
        "matches": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "running": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "lastMatch": {
         "type": "string",
         "format": "date-time"
        }
       }
      }
     },
     "matches": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "lastMatch": {
      "type": "string",
      "format": "date-time"
     }
    }
   }
  }
 },
 "AlertSink": {
  "type": "object",
  "required": [
   "spec"
  ],
  "properties": {
   "apiVersion": {
    "type": "string"
   },
   "kind": {
    "type": "string"
   },
   "metadata": {
    "type": "object"
   },
   "spec": {
    "type": "object",
    "x-kubernetes-validations": [
     {
      "rule": "[has(self.stdout), has(self.file), has(self.syslog), has(self.webhook), has(self.slack), has(self.alertmanager)].filter(is, is).size() == 1",
      "message": "must have exactly one of stdout, file, syslog, webhook, slack, alertmanager"
     }
    ],
    "properties": {
     "stdout": {
      "type": "object",
      "properties": {
       "format": {
        "type": "string",
        "enum": [
         "json",
         "text"
        ]
       }
      }
     },
     "file": {
      "type": "object",
      "required": [
       "name"
      ],
      "properties": {
       "name": {
        "type": "string",
        "minLength": 1,
        "maxLength": 128,
        "x-kubernetes-validations": [
         {
          "rule": "self.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*$')",
          "message": "must be a file's name without a folder, of letters, digits, dot, dash and underscore"
         }
        ]
       },
       "format": {
        "type": "string",
        "enum": [
         "json",
         "text"
        ]
       }
      }
     },
     "syslog": {
      "type": "object",
      "x-kubernetes-validations": [
       {
        "rule": "has(self.host) || (!has(self.port) && !has(self.protocol))",
        "message": "port and protocol need a host; without one the node's own syslog is meant"
       }
      ],
      "properties": {
       "host": {
        "type": "string",
        "minLength": 1,
        "maxLength": 253
       },
       "port": {
        "type": "integer",
        "format": "int32",
        "minimum": 1,
        "maximum": 65535
       },
       "protocol": {
        "type": "string",
        "enum": [
         "udp",
         "tcp"
        ]
       },
       "format": {
        "type": "string",
        "enum": [
         "json",
         "text"
        ]
       }
      }
     },
     "webhook": {
      "type": "object",
      "x-kubernetes-validations": [
       {
        "rule": "has(self.url) != has(self.urlFrom)",
        "message": "must have exactly one of url and urlFrom"
       }
      ],
      "properties": {
       "url": {
        "type": "string",
        "maxLength": 2048,
        "x-kubernetes-validations": [
         {
          "rule": "self.matches('^https?://[^\\\\s/@?#]+([/?][^\\\\s]*)?$')",
          "message": "must be an http:// or https:// URL without a user and password; one that holds a credential belongs into a Secret (urlFrom)"
         }
        ]
       },
       "urlFrom": {
        "type": "object",
        "required": [
         "secretKeyRef"
        ],
        "properties": {
         "secretKeyRef": {
          "type": "object",
          "required": [
           "name",
           "key"
          ],
          "properties": {
           "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253
           },
           "key": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "pattern": "^[-._a-zA-Z0-9]+$"
           }
          }
         }
        }
       },
       "method": {
        "type": "string",
        "enum": [
         "POST",
         "PUT"
        ]
       },
       "headers": {
        "type": "array",
        "maxItems": 32,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": [
         "name"
        ],
        "items": {
         "type": "object",
         "required": [
          "name"
         ],
         "x-kubernetes-validations": [
          {
           "rule": "has(self.value) != has(self.valueFrom)",
           "message": "must have exactly one of value and valueFrom"
          }
         ],
         "properties": {
          "name": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128,
           "x-kubernetes-validations": [
            {
             "rule": "self.matches('^[A-Za-z0-9!#$%&*+.^_`|~-]+$')",
             "message": "must be a header's name, e.g. X-Token"
            }
           ]
          },
          "value": {
           "type": "string",
           "maxLength": 2048,
           "x-kubernetes-validations": [
            {
             "rule": "self.matches('^[ -~]*$')",
             "message": "must be printable ASCII on one line"
            }
           ]
          },
          "valueFrom": {
           "type": "object",
           "required": [
            "secretKeyRef"
           ],
           "properties": {
            "secretKeyRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            }
           }
          }
         }
        }
       },
       "format": {
        "type": "string",
        "enum": [
         "json",
         "text"
        ]
       }
      }
     },
     "slack": {
      "type": "object",
      "required": [
       "webhookURL"
      ],
      "properties": {
       "webhookURL": {
        "type": "object",
        "required": [
         "secretKeyRef"
        ],
        "properties": {
         "secretKeyRef": {
          "type": "object",
          "required": [
           "name",
           "key"
          ],
          "properties": {
           "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253
           },
           "key": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "pattern": "^[-._a-zA-Z0-9]+$"
           }
          }
         }
        }
       },
       "channel": {
        "type": "string",
        "maxLength": 128
       },
       "username": {
        "type": "string",
        "maxLength": 128
       },
       "icon": {
        "type": "string",
        "maxLength": 2048
       },
       "footer": {
        "type": "string",
        "maxLength": 512
       }
      }
     },
     "alertmanager": {
      "type": "object",
      "required": [
       "urls"
      ],
      "properties": {
       "urls": {
        "type": "array",
        "minItems": 1,
        "maxItems": 8,
        "x-kubernetes-list-type": "set",
        "items": {
         "type": "string",
         "maxLength": 2048,
         "x-kubernetes-validations": [
          {
           "rule": "self.matches('^https?://[^\\\\s/@?#]+(/[^\\\\s?#]*)?$')",
           "message": "must be an http:// or https:// URL without a user and password (headers can hold those), query or fragment"
          }
         ]
        }
       },
       "path": {
        "type": "string",
        "maxLength": 512,
        "x-kubernetes-validations": [
         {
          "rule": "self.matches('^/[^\\\\s?#]*$')",
          "message": "must be a path that begins with /, without query or fragment"
         }
        ]
       },
       "headers": {
        "type": "array",
        "maxItems": 32,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": [
         "name"
        ],
        "items": {
         "type": "object",
         "required": [
          "name"
         ],
         "x-kubernetes-validations": [
          {
           "rule": "has(self.value) != has(self.valueFrom)",
           "message": "must have exactly one of value and valueFrom"
          }
         ],
         "properties": {
          "name": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128,
           "x-kubernetes-validations": [
            {
             "rule": "self.matches('^[A-Za-z0-9!#$%&*+.^_`|~-]+$')",
             "message": "must be a header's name, e.g. X-Token"
            }
           ]
          },
          "value": {
           "type": "string",
           "maxLength": 2048,
           "x-kubernetes-validations": [
            {
             "rule": "self.matches('^[ -~]*$')",
             "message": "must be printable ASCII on one line"
            }
           ]
          },
          "valueFrom": {
           "type": "object",
           "required": [
            "secretKeyRef"
           ],
           "properties": {
            "secretKeyRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            }
           }
          }
         }
        }
       },
       "labels": {
        "type": "object",
        "maxProperties": 32,
        "x-kubernetes-validations": [
         {
          "rule": "self.all(name, name.matches('^[a-zA-Z_][a-zA-Z0-9_]*$'))",
          "message": "a label's name must be of letters, digits and _, and not begin with a digit"
         }
        ],
        "additionalProperties": {
         "type": "string",
         "maxLength": 256
        }
       },
       "expiresAfter": {
        "type": "string",
        "maxLength": 16,
        "x-kubernetes-validations": [
         {
          "rule": "self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('1s')",
          "message": "must be a duration of at least a second, e.g. 30s or 5m"
         }
        ]
       }
      }
     },
     "filter": {
      "type": "object",
      "properties": {
       "minPriority": {
        "type": "string",
        "minLength": 1,
        "maxLength": 13,
        "x-kubernetes-validations": [
         {
          "rule": "self.lowerAscii() in ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'info', 'debug']",
          "message": "must be one of EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL, INFO, DEBUG (upper or lower case)",
          "reason": "FieldValueInvalid"
         }
        ]
       },
       "rules": {
        "type": "array",
        "maxItems": 64,
        "x-kubernetes-list-type": "set",
        "items": {
         "type": "string",
         "minLength": 1,
         "maxLength": 253
        }
       },
       "tags": {
        "type": "array",
        "maxItems": 64,
        "x-kubernetes-list-type": "set",
        "items": {
         "type": "string",
         "minLength": 1,
         "maxLength": 64
        }
       },
       "sources": {
        "type": "array",
        "maxItems": 16,
        "x-kubernetes-list-type": "set",
        "items": {
         "type": "string",
         "minLength": 1,
         "maxLength": 63
        }
       },
       "namespaces": {
        "type": "array",
        "maxItems": 64,
        "x-kubernetes-list-type": "set",
        "items": {
         "type": "string",
         "minLength": 1,
         "maxLength": 63
        }
       }
      }
     },
     "group": {
      "type": "object",
      "required": [
       "window"
      ],
      "properties": {
       "window": {
        "type": "string",
        "maxLength": 16,
        "x-kubernetes-validations": [
         {
          "rule": "self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",
          "message": "must be a duration from 1s to 24h, e.g. 30s or 5m"
         }
        ]
       },
       "by": {
        "type": "array",
        "minItems": 1,
        "maxItems": 8,
        "x-kubernetes-list-type": "set",
        "items": {
         "type": "string",
         "minLength": 1,
         "maxLength": 128
        }
       }
      }
     }
    }
   },
   "status": {
    "type": "object",
    "properties": {
     "observedGeneration": {
      "type": "integer",
      "format": "int64"
     },
     "conditions": {
      "type": "array",
      "maxItems": 16,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "type"
      ],
      "items": {
       "type": "object",
       "required": [
        "type",
        "status",
        "lastTransitionTime",
        "reason",
        "message"
       ],
       "properties": {
        "type": {
         "type": "string",
         "minLength": 1,
         "maxLength": 316
        },
        "status": {
         "type": "string",
         "enum": [
          "True",
          "False",
          "Unknown"
         ]
        },
        "observedGeneration": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "lastTransitionTime": {
         "type": "string",
         "format": "date-time"
        },
        "reason": {
         "type": "string",
         "minLength": 1,
         "maxLength": 1024,
         "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
        },
        "message": {
         "type": "string",
         "maxLength": 32768
        }
       }
      }
     },
     "delivered": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "failed": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "dropped": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "spooled": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "running": {
      "type": "object",
      "properties": {
       "delivered": {
        "type": "integer",
        "format": "int64",
        "minimum": 0
       },
       "failed": {
        "type": "integer",
        "format": "int64",
        "minimum": 0
       },
       "dropped": {
        "type": "integer",
        "format": "int64",
        "minimum": 0
       }
      }
     },
     "lastDelivery": {
      "type": "string",
      "format": "date-time"
     },
     "lastError": {
      "type": "string",
      "maxLength": 1024
     },
     "test": {
      "type": "object",
      "required": [
       "id"
      ],
      "properties": {
       "id": {
        "type": "string",
        "maxLength": 253
       },
       "node": {
        "type": "string",
        "maxLength": 253
       },
       "time": {
        "type": "string",
        "format": "date-time"
       }
      }
     }
    }
   }
  }
 },
 "SecurityAlert": {
  "type": "object",
  "required": [
   "spec"
  ],
  "properties": {
   "apiVersion": {
    "type": "string"
   },
   "kind": {
    "type": "string"
   },
   "metadata": {
    "type": "object"
   },
   "spec": {
    "type": "object",
    "required": [
     "rule",
     "priority",
     "node"
    ],
    "x-kubernetes-validations": [
     {
      "rule": "self == oldSelf",
      "message": "what happened cannot be changed; set status.state instead",
      "reason": "FieldValueForbidden"
     }
    ],
    "properties": {
     "rule": {
      "type": "string",
      "minLength": 1,
      "maxLength": 253
     },
     "falcoRule": {
      "type": "object",
      "required": [
       "namespace",
       "name"
      ],
      "properties": {
       "namespace": {
        "type": "string",
        "maxLength": 63
       },
       "name": {
        "type": "string",
        "maxLength": 253
       }
      }
     },
     "priority": {
      "type": "string",
      "enum": [
       "Emergency",
       "Alert",
       "Critical",
       "Error",
       "Warning",
       "Notice",
       "Informational",
       "Debug"
      ]
     },
     "source": {
      "type": "string",
      "maxLength": 63
     },
     "tags": {
      "type": "array",
      "maxItems": 64,
      "x-kubernetes-list-type": "atomic",
      "items": {
       "type": "string",
       "maxLength": 64
      }
     },
     "node": {
      "type": "string",
      "minLength": 1,
      "maxLength": 253
     },
     "pod": {
      "type": "string",
      "maxLength": 253
     },
     "podUID": {
      "type": "string",
      "maxLength": 128
     },
     "container": {
      "type": "string",
      "maxLength": 253
     },
     "containerID": {
      "type": "string",
      "maxLength": 128
     },
     "image": {
      "type": "string",
      "maxLength": 1024
     },
     "output": {
      "type": "string",
      "maxLength": 8192
     },
     "outputFields": {
      "type": "object",
      "maxProperties": 256,
      "x-kubernetes-preserve-unknown-fields": true
     }
    }
   },
   "status": {
    "type": "object",
    "properties": {
     "state": {
      "type": "string",
      "enum": [
       "Open",
       "Acknowledged",
       "Closed"
      ]
     },
     "count": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "firstSeen": {
      "type": "string",
      "format": "date-time"
     },
     "lastSeen": {
      "type": "string",
      "format": "date-time"
     },
     "lastOutput": {
      "type": "string",
      "maxLength": 8192
     }
    }
   }
  }
 },
 "NodeAgent": {
  "type": "object",
  "required": [
   "spec"
  ],
  "x-kubernetes-validations": [
   {
    "rule": "self.spec.role == 'audit' ? self.metadata.name.startsWith('audit-') : self.metadata.name == self.spec.node",
    "message": "a node's agent must be named after the node, an audit agent audit-POD",
    "fieldPath": ".spec.node"
   }
  ],
  "properties": {
   "apiVersion": {
    "type": "string"
   },
   "kind": {
    "type": "string"
   },
   "metadata": {
    "type": "object"
   },
   "spec": {
    "type": "object",
    "required": [
     "node",
     "role"
    ],
    "x-kubernetes-validations": [
     {
      "rule": "self == oldSelf",
      "message": "which agent it is cannot be changed; delete it, and the agent makes it anew",
      "reason": "FieldValueForbidden"
     }
    ],
    "properties": {
     "node": {
      "type": "string",
      "minLength": 1,
      "maxLength": 253
     },
     "role": {
      "type": "string",
      "enum": [
       "node",
       "audit"
      ]
     }
    }
   },
   "status": {
    "type": "object",
    "properties": {
     "conditions": {
      "type": "array",
      "maxItems": 16,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "type"
      ],
      "items": {
       "type": "object",
       "required": [
        "type",
        "status",
        "lastTransitionTime",
        "reason",
        "message"
       ],
       "properties": {
        "type": {
         "type": "string",
         "minLength": 1,
         "maxLength": 316
        },
        "status": {
         "type": "string",
         "enum": [
          "True",
          "False",
          "Unknown"
         ]
        },
        "observedGeneration": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "lastTransitionTime": {
         "type": "string",
         "format": "date-time"
        },
        "reason": {
         "type": "string",
         "minLength": 1,
         "maxLength": 1024,
         "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
        },
        "message": {
         "type": "string",
         "maxLength": 32768
        }
       }
      }
     },
     "startTime": {
      "type": "string",
      "format": "date-time"
     },
     "heartbeat": {
      "type": "string",
      "format": "date-time"
     },
     "version": {
      "type": "string",
      "maxLength": 63
     },
     "kernel": {
      "type": "string",
      "maxLength": 128
     },
     "capabilities": {
      "type": "array",
      "maxItems": 64,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "name"
      ],
      "items": {
       "type": "object",
       "required": [
        "name",
        "message"
       ],
       "properties": {
        "name": {
         "type": "string",
         "minLength": 1,
         "maxLength": 128
        },
        "message": {
         "type": "string",
         "maxLength": 1024
        }
       }
      }
     },
     "digest": {
      "type": "string",
      "maxLength": 64
     },
     "ruleCount": {
      "type": "integer",
      "format": "int32",
      "minimum": 0
     },
     "failures": {
      "type": "array",
      "maxItems": 50,
      "x-kubernetes-list-type": "atomic",
      "items": {
       "type": "object",
       "required": [
        "message"
       ],
       "properties": {
        "namespace": {
         "type": "string",
         "maxLength": 63
        },
        "object": {
         "type": "string",
         "maxLength": 253
        },
        "message": {
         "type": "string",
         "maxLength": 1024
        }
       }
      }
     },
     "events": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "dropped": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "drops": {
      "type": "object",
      "maxProperties": 64,
      "additionalProperties": {
       "type": "integer",
       "format": "int64",
       "minimum": 0
      }
     },
     "matches": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "rules": {
      "type": "array",
      "maxItems": 200,
      "x-kubernetes-list-type": "atomic",
      "items": {
       "type": "object",
       "required": [
        "namespace",
        "object",
        "rule",
        "matches"
       ],
       "properties": {
        "namespace": {
         "type": "string",
         "maxLength": 63
        },
        "object": {
         "type": "string",
         "maxLength": 253
        },
        "rule": {
         "type": "string",
         "maxLength": 253
        },
        "matches": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "lastMatch": {
         "type": "string",
         "format": "date-time"
        }
       }
      }
     },
     "otherMatches": {
      "type": "integer",
      "format": "int64",
      "minimum": 0
     },
     "sinks": {
      "type": "array",
      "maxItems": 100,
      "x-kubernetes-list-type": "atomic",
      "items": {
       "type": "object",
       "required": [
        "name"
       ],
       "properties": {
        "name": {
         "type": "string",
         "maxLength": 317
        },
        "delivered": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "failed": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "dropped": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "spooled": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "lastDelivery": {
         "type": "string",
         "format": "date-time"
        },
        "lastError": {
         "type": "string",
         "maxLength": 1024
        }
       }
      }
     }
    }
   }
  }
 }
};
