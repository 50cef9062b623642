#include "api_document.h"

// C17 has no #embed yet; the compiler has, and tells the build system that this file depends on the document.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t document[] = {
#embed "../../openapi.yaml"
};

const uint8_t *nt_api_document(size_t *size) {
    *size = sizeof document;
    return document;
}
