process HPACELLS_SEGMENT {
    tag "${meta.id} ${shard}/${shards}"
    label 'process_medium'
    container "${params.container}"

    input:
    tuple val(meta), path(images, stageAs: 'images'), val(shard), val(shards)

    output:
    tuple val(meta), val(shard), path("work/shards/${shard}-of-${shards}"), emit: part
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    """
    hpacells segment images --work work --shard ${shard}/${shards} --allow-failed ${args}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """

    stub:
    """
    mkdir -p work/shards/${shard}-of-${shards}
    touch work/shards/${shard}-of-${shards}/segment.json

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        hpacells: \$(hpacells --version | sed "s/hpacells //")
    END_VERSIONS
    """
}
