#ifndef NT_API_DOCUMENT_H
#define NT_API_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

/// openapi.yaml as it was when the program was built. The bytes live as long as the process.
const uint8_t *nt_api_document(size_t *size);

#endif
