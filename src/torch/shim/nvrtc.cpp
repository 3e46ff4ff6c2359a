#include "nvrtc.h"

#include "cuda.h"
#include "kernel_sources.h"

#include <vector>

namespace vt::nvrtc {

namespace {

// That of the CUDA which libtorch is built for.
constexpr char LIBRARY[] = "libnvrtc.so.13";

std::string& first_folder() {
  static std::string folder;
  return folder;
}

void* open_library() {
  std::vector<std::string> paths;
  if (!first_folder().empty()) paths.push_back(first_folder() + "/" + LIBRARY);
  // The one that came with libtorch first: it is the version that was tested.
  paths.push_back(libtorch_folder() + "/../../nvidia/cu13/lib/" + LIBRARY);
  paths.push_back(LIBRARY);
  std::string reasons;
  for (const std::string& path : paths) {
    if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    reasons += (reasons.empty() ? "" : "; ") + std::string(dlerror());
  }
  throw std::runtime_error("NVRTC cannot be loaded (" + reasons + ")");
}

// The functions of nvrtc.h, by its declarations.
class Library {
 public:
  using Program = void*;

  Library() : library(open_library()) {
    int major = 0, minor = 0;
    check(get<int(int*, int*)>("nvrtcVersion")(&major, &minor), "nvrtcVersion");
    version = std::to_string(major) + "." + std::to_string(minor);
    open_builtins();
  }

  template <typename Function>
  Function* get(const char* symbol) const {
    void* f = dlsym(library, symbol);
    if (f == nullptr) throw std::runtime_error(std::string("NVRTC has no ") + symbol);
    return reinterpret_cast<Function*>(f);
  }

  void check(int status, const std::string& what) const {
    if (status != 0) throw std::runtime_error(what + ": " + get<const char*(int)>("nvrtcGetErrorString")(status));
  }

  // What a pair of functions gives: a size and so many characters.
  std::string text(Program program, const std::string& symbol) const {
    size_t size = 0;
    check(get<int(Program, size_t*)>((symbol + "Size").c_str())(program, &size), symbol);
    std::string all(size, '\0');
    check(get<int(Program, char*)>(symbol.c_str())(program, all.data()), symbol);
    return all;
  }

  std::string version;

 private:
  // NVRTC opens its builtins by their name alone, which finds them only where they are loaded already or lie on
  // the loader's path.
  void open_builtins() const {
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(get<int(int*, int*)>("nvrtcVersion")), &info) == 0) return;
    const std::string path = info.dli_fname;
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    dlopen((folder + "libnvrtc-builtins.so." + version).c_str(), RTLD_NOW | RTLD_GLOBAL);
  }

  void* library;
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

class Program {
 public:
  explicit Program(const SourceText& source) : name(source.name) {
    std::vector<const char*> names, texts;
    for (const SourceText& header : KERNEL_HEADERS) {
      names.push_back(header.name);
      texts.push_back(header.text);
    }
    using Create = int(Library::Program*, const char*, const char*, int, const char* const*, const char* const*);
    library().check(library().get<Create>("nvrtcCreateProgram")(&program, source.text, source.name,
                                                                static_cast<int>(names.size()), texts.data(),
                                                                names.data()),
                    source.name);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { library().get<int(Library::Program*)>("nvrtcDestroyProgram")(&program); }

  std::string compiled(const std::string& architecture) const {
    const std::string target = "--gpu-architecture=" + architecture;
    // Lambdas are written without __device__, as the CPU's compiler knows them.
    const char* options[] = {target.c_str(), "--std=c++20", "--device-as-default-execution-space"};
    const int status = library().get<int(Library::Program, int, const char* const*)>("nvrtcCompileProgram")(
        program, static_cast<int>(std::size(options)), options);
    if (status != 0) {
      // The text ends with a zero and often with a line's end.
      std::string log = library().text(program, "nvrtcGetProgramLog").c_str();
      log.erase(log.find_last_not_of("\n") + 1);
      throw std::runtime_error(name + " does not compile for " + architecture + ": " + log);
    }
    return library().text(program, "nvrtcGetCUBIN");
  }

 private:
  std::string name;
  Library::Program program = nullptr;
};

const SourceText& find(const std::string& name) {
  for (const SourceText& source : KERNEL_SOURCES) {
    if (name == source.name) return source;
  }
  throw std::runtime_error("there is no source '" + name + "' of kernels");
}

}  // namespace

void search_in(const std::string& folder) { first_folder() = folder; }

std::string version() { return library().version; }

std::string machine_code(const std::string& source, const std::string& architecture) {
  return Program(find(source)).compiled(architecture);
}

}  // namespace vt::nvrtc
