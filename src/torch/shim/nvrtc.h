// NVRTC, NVIDIA's compiler as a library: loaded while the program runs, where there is one. It needs neither a
// driver nor a GPU. NVIDIA's wheels beside libtorch's bring it.
#pragma once

#include <string>

namespace vt::nvrtc {

// Looks in this folder first; nothing changes where NVRTC has been loaded.
void search_in(const std::string& folder);

// Its version, "13.0". Throws where there is none.
std::string version();

// A source of gpu_kernels/ as machine code for an architecture, "sm_90". Throws NVRTC's log.
std::string machine_code(const std::string& source, const std::string& architecture);

}  // namespace vt::nvrtc
