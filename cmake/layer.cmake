# sluice_layer(NAME [FOLDER folder] USES lower layers... FOREIGN libraries...)
# One static library of all sources in server/NAME; its promises to other layers are the headers in include/NAME.
# A layer that has no sources yet is left out, and so is left out of what others use.
function(sluice_layer name)
    cmake_parse_arguments(LAYER "" FOLDER "USES;FOREIGN" ${ARGN})
    if(NOT LAYER_FOLDER)
        set(LAYER_FOLDER server/${name})
    endif()
    set(folder ${CMAKE_SOURCE_DIR}/${LAYER_FOLDER})
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c ${folder}/*/*.c)
    list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/cli/main.c)
    if(NOT sources)
        return()
    endif()

    add_library(sluice_${name} STATIC ${sources})
    target_include_directories(sluice_${name} PRIVATE ${folder})
    target_link_libraries(sluice_${name}
        PUBLIC sluice_options
        PRIVATE ${LAYER_FOREIGN} Threads::Threads)
    foreach(lower IN LISTS LAYER_USES)
        if(TARGET sluice_${lower})
            target_link_libraries(sluice_${name} PUBLIC sluice_${lower})
        endif()
    endforeach()

    file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/${name}/*.h)
    if(headers)
        target_sources(sluice_${name} PUBLIC FILE_SET HEADERS
            BASE_DIRS ${CMAKE_SOURCE_DIR}/include FILES ${headers})
    endif()
endfunction()
